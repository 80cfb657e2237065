import { WorkerEntrypoint } from "cloudflare:workers";
import { withD1Timeout } from "../../../shared/db/d1-timeout.ts";
import { dataByNumber, listDatabases } from "../../../shared/db/databases.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { listSubjects } from "../../../workers/runtime/db/subjects.ts";
import type { RuntimeEnv } from "../../../workers/runtime/env.ts";
import type { Verification } from "../../../workers/runtime/subject/ledger/verify.ts";
import { callSubject, type SubjectRpc } from "../../../workers/runtime/subject-stub.ts";

const subjectsPerPage = 100;

export interface SubjectVerification extends Verification {
  subject: SubjectIdentity;
}

export interface VerificationReport {
  subjects: number;
  entries: number;
  unflushed: number;
  /** The subjects with errors, each with all of its errors. Empty when all data agrees. */
  faulty: SubjectVerification[];
}

/**
 * Verifies every subject of the installation in one call. Development only: a deployment runs a job
 * instead.
 */
export class VerificationEntrypoint extends WorkerEntrypoint<RuntimeEnv> {
  constructor(ctx: ExecutionContext, env: RuntimeEnv) {
    super(ctx, withD1Timeout(env));
  }

  /** Compares each subject's ledger, state and D1 copy. */
  async verifyAll(): Promise<VerificationReport> {
    return this.visitAll((subject) => subject.verify());
  }

  /** Rewrites each D1 copy from the subject, and compares. */
  async resyncAll(): Promise<VerificationReport> {
    return this.visitAll((subject) => subject.resync());
  }

  private async visitAll(visit: (subject: SubjectRpc) => Promise<Verification>): Promise<VerificationReport> {
    const report: VerificationReport = { subjects: 0, entries: 0, unflushed: 0, faulty: [] };
    for (const database of listDatabases(this.env)) await this.visitDatabase(database, visit, report);
    return report;
  }

  private async visitDatabase(
    database: number,
    visit: (subject: SubjectRpc) => Promise<Verification>,
    report: VerificationReport,
  ): Promise<void> {
    const data = dataByNumber(this.env, database);
    let after: SubjectIdentity | null = null;
    for (;;) {
      const page: SubjectIdentity[] = await listSubjects(data, after, subjectsPerPage);
      for (const subject of page) {
        const result = await callSubject(this.env, subject, visit);
        report.subjects++;
        report.entries += result.entries;
        report.unflushed += result.unflushed;
        if (!result.ok) report.faulty.push({ subject, ...result });
      }
      after = page.at(-1) ?? null;
      if (page.length < subjectsPerPage) return;
    }
  }
}
