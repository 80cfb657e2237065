import { WorkerEntrypoint } from "cloudflare:workers";
import { d1 } from "../../shared/db/deadline.ts";
import { runningErasures } from "../../shared/db/erasures.ts";
import { dueEvents, removeSettledEvents } from "../../shared/db/stripe-inbox.ts";
import { stalledSubjectJobs } from "../../shared/db/subject-jobs.ts";
import {
  subjectsAfter,
  subjectsDue,
  subjectsOfProject,
  subjectsToReview,
} from "../../shared/db/sweep-subjects.ts";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { type SubjectIdentity, subjectName } from "../../shared/domain/subject-name.ts";
import { currentTime } from "../../shared/kit/clock.ts";
import { errorMessage, log } from "../../shared/kit/log.ts";
import { subjectTag } from "../../shared/kit/subject-tag.ts";
import { syncKeyrings } from "./configuration/api-keys.ts";
import type { RuntimeEnv, StripeRetryMessage } from "./env.ts";
import { finishErasure } from "./operator/finish-erasure.ts";
import { runSubjectJob } from "./operator/run-subject-job.ts";
import { reviewSubject } from "./stripe-inbound/review-subject.ts";
import { sweepMissedEvents } from "./stripe-inbound/sweep-missed.ts";
import { tryEvent } from "./stripe-inbound/try-event.ts";
import type { RestoreRequest } from "./subject/restore-events.ts";
import type { Verification } from "./subject/verify.ts";
import { callSubject, type SubjectRpc } from "./subject-stub.ts";

const rowsPerSweep = 100;
/** Of the inbox: as long as Stripe's own event list reaches back, so that nothing forgotten is found there again. */
const inboxKeptMs = 30 * dayMs;
const eventsForgottenPerSweep = 1_000;
const subjectsPerRestore = 20;
const erasuresPerSweep = 20;
const jobsPerSweep = 20;
/** A job that runs moves at every page; one that has not for so long has nobody. */
const jobStalledMs = 20_000;

export interface SubjectVerification extends Verification {
  subject: SubjectIdentity;
}

export interface VerificationReport {
  subjects: number;
  entries: number;
  unflushed: number;
  /** The subjects with faults, with all of them. Empty is well. */
  faulty: SubjectVerification[];
}

/**
 * What queue consumers and crons of the deliveries worker ask of the runtime, which alone writes inbox, attempts and
 * subject copies. An RPC entrypoint: no HTTP request reaches it.
 */
export class MaintenanceEntrypoint extends WorkerEntrypoint<RuntimeEnv> {
  async tryEvent(key: StripeRetryMessage): Promise<void> {
    await tryEvent(this.env, key);
  }

  /** Inbox rows that are due: what the queue lost, and what a crash left after storing. */
  async sweepInbox(): Promise<{ tried: number }> {
    const due = await d1(dueEvents(this.env.DB, await currentTime(this.env.DEV), rowsPerSweep));
    for (const key of due) await tryEvent(this.env, key);
    return { tried: due.length };
  }

  /** Forgets settled events of more than 30 days ago, payload and all; the ledger keeps what they did. */
  async forgetOldEvents(): Promise<{ forgotten: number }> {
    const before = (await currentTime(this.env.DEV)) - inboxKeptMs;
    return { forgotten: await d1(removeSettledEvents(this.env.DB, before, eventsForgottenPerSweep)) };
  }

  /** Events that never reached us, found in Stripe's list. */
  async sweepMissedEvents(): Promise<{ swept: number; found: number }> {
    return sweepMissedEvents(this.env, await currentTime(this.env.DEV));
  }

  /** Subjects whose entitlement ran out although no alarm recorded it. */
  async sweepExpiries(): Promise<{ woken: number }> {
    const due = await d1(subjectsDue(this.env.DB, await currentTime(this.env.DEV), rowsPerSweep));
    await this.forEach("subject.wake_failed", due, (identity) =>
      callSubject(this.env, identity, (subject) => subject.wake()),
    );
    return { woken: due.length };
  }

  /** Subscriptions whose period ended without news: read again from Stripe. */
  async sweepReviews(): Promise<{ reviewed: number }> {
    const due = await d1(subjectsToReview(this.env.DB, await currentTime(this.env.DEV), rowsPerSweep));
    await this.forEach("subject.review_failed", due, (identity) => reviewSubject(this.env, identity));
    return { reviewed: due.length };
  }

  /** Erasures that a crash, or the length of the work, left unfinished. */
  async sweepErasures(): Promise<{ finished: number; unfinished: number }> {
    const running = await d1(runningErasures(this.env.DB, erasuresPerSweep));
    let finished = 0;
    for (const row of running) {
      try {
        if (await finishErasure(this.env, row)) finished++;
      } catch (error) {
        const { projectId, mode } = row;
        log("error", "erasure.not_finished", { projectId, mode, error: errorMessage(error) });
      }
    }
    return { finished, unfinished: running.length - finished };
  }

  /** One broken object must not keep a sweep from the others; it stays due and is named each minute. */
  private async forEach(
    failure: string,
    identities: SubjectIdentity[],
    work: (identity: SubjectIdentity) => Promise<void>,
  ): Promise<void> {
    for (const identity of identities) {
      try {
        await work(identity);
      } catch (error) {
        const { projectId, mode } = identity;
        const tag = subjectTag(subjectName(identity));
        log("error", failure, { projectId, mode, subjectTag: tag, error: errorMessage(error) });
      }
    }
  }

  async sweepKeyrings(): Promise<{ finished: number; failed: number }> {
    return syncKeyrings(this.env, await currentTime(this.env.DEV));
  }

  /**
   * Has the next subjects of a project bring events of the past back to D1. Returns the last of them, from which to go on;
   * `null` when there is no further one. Safe to repeat.
   */
  async restoreEvents(
    scope: Pick<SubjectIdentity, "projectId" | "mode">,
    request: RestoreRequest,
    after: string,
  ): Promise<{ after: string | null }> {
    const page = await d1(subjectsOfProject(this.env.DB, scope, after, subjectsPerRestore));
    for (const identity of page)
      await callSubject(this.env, identity, (subject) => subject.restoreEvents(request));
    return { after: page.length < subjectsPerRestore ? null : (page.at(-1)?.subjectRef ?? null) };
  }

  /** Jobs over all subjects that nobody goes on with: their turn is over, or a crash broke it off. */
  async stalledSubjectJobs(): Promise<string[]> {
    const before = (await currentTime(this.env.DEV)) - jobStalledMs;
    return d1(stalledSubjectJobs(this.env.DB, before, jobsPerSweep));
  }

  /** A turn of one of them, in an invocation of its own. */
  async runSubjectJob(jobId: string): Promise<void> {
    await runSubjectJob(this.env, jobId);
  }

  /** Compares every subject's ledger, state and copy. */
  async verifyAll(): Promise<VerificationReport> {
    return this.visitAll((subject) => subject.verify());
  }

  /** Makes D1 say again what the objects say, and compares. */
  async resyncAll(): Promise<VerificationReport> {
    return this.visitAll((subject) => subject.resync());
  }

  private async visitAll(visit: (subject: SubjectRpc) => Promise<Verification>): Promise<VerificationReport> {
    const report: VerificationReport = { subjects: 0, entries: 0, unflushed: 0, faulty: [] };
    let after: SubjectIdentity | null = null;
    for (;;) {
      const page: SubjectIdentity[] = await d1(subjectsAfter(this.env.DB, after, rowsPerSweep));
      for (const subject of page) {
        const result = await callSubject(this.env, subject, visit);
        report.subjects++;
        report.entries += result.entries;
        report.unflushed += result.unflushed;
        if (!result.ok) report.faulty.push({ subject, ...result });
      }
      after = page.at(-1) ?? null;
      if (page.length < rowsPerSweep) return report;
    }
  }
}
