import { dataByNumber, dataOf } from "../../../shared/db/databases.ts";
import { readProductTerms } from "../../../shared/db/product-terms.ts";
import { readProjectSettings } from "../../../shared/db/projects.ts";
import { readSignalSettings } from "../../../shared/db/signal-settings.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { databaseNumberOf } from "../../../shared/kit/ids.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { listNewestVersions } from "../db/product-terms.ts";
import {
  advanceRollout,
  beginRollout,
  claimRollouts,
  listMissingRollouts,
  listNextSubscribers,
  type RolloutPage,
  type Subscriber,
  signalsCode,
  type TermsRollout,
} from "../db/terms-rollouts.ts";
import type { RuntimeEnv } from "../env.ts";
import type { StripeCommand } from "../subject/preview-stripe.ts";
import { callSubject } from "../subject-stub.ts";
import type { Budget } from "./work-through.ts";

/**
 * Rolls changed terms of a product out to its subscribers, and changed settings of signals to all customers, page by page.
 * The row in `terms_rollouts` is the schedule and the progress. Saving terms inserts it right after them, and a sweep
 * inserts it where a crash in between left it out. Saving settings inserts it right before them: without a change, a rollout
 * changes no customer.
 *
 * Guarantees: every subscriber of the D1 copy learns the terms, each version once: terms that a customer knows change
 * nothing. A page is saved when all its customers were visited; after a crash it is visited again once the lease ends.
 *
 * A second round visits every subscriber again. It reaches those who subscribed while the terms were saved: an event that
 * read the former terms has ended by then, and its change is in the D1 copy. Customers who do not answer are visited again in
 * later rounds. After the last one they get the terms with the next event of their subscription.
 */

const perPage = 20;
/** Each customer is one call, of the platform's 1,000 per invocation. */
const pagesPerSweep = 30;
const maxRollouts = 5;
/** Longer than a page takes: its customers are called at the same time. */
const leaseMs = 60_000;
const callTimeoutMs = 10_000;
/** Longer than a try of an event and the flush after it. */
const secondRoundMs = 15 * 60_000;
const laterRoundMs = 3_600_000;
const maxRounds = 10;
/** As long as a database can be restored: a rollout that its restore has lost begins again. */
const missingSinceMs = 30 * dayMs;

export async function sweepTermsRollouts(
  env: RuntimeEnv,
  budget: Budget,
  database: number,
): Promise<{ visited: number }> {
  const now = await currentTime(env.DEV);
  await beginMissing(env, database, now);
  const rollouts = await claimRollouts(
    dataByNumber(env, database),
    { now, leaseUntil: now + leaseMs },
    maxRollouts,
  );
  let pages = pagesPerSweep;
  let visited = 0;
  // One after another: together they have no more calls than one.
  for (const claimed of rollouts) {
    let rollout: TermsRollout | null = claimed;
    while (rollout !== null && pages > 0 && Date.now() < budget.endBy) {
      const page = await visitPage(env, rollout);
      visited += page.done;
      pages--;
      rollout = page.next;
    }
    // What is left is due at once, for the next sweep.
    if (rollout !== null) await savePage(env, rollout, { done: 0, unreached: 0, last: rollout.cursor }, true);
  }
  return { visited };
}

/** Begins the rollouts of terms that were saved and have none. */
async function beginMissing(env: RuntimeEnv, database: number, now: number): Promise<void> {
  const data = dataByNumber(env, database);
  const newest = (await listNewestVersions(env.DB, now - missingSinceMs)).filter(
    ({ projectId }) => databaseNumberOf(projectId) === database,
  );
  for (const { createdAt: _, ...version } of await listMissingRollouts(data, newest))
    await beginRollout(data, version, { ...version, now });
}

/** Visits the next customers. Returns their number, and the rollout for the next page: `null` if there is none now. */
async function visitPage(
  env: RuntimeEnv,
  rollout: TermsRollout,
): Promise<{ done: number; next: TermsRollout | null }> {
  const command = await readCommand(env, rollout);
  const graceDays = (await readProjectSettings(env.DB, rollout.projectId))?.graceDays ?? 0;
  const subscribers = await listNextSubscribers(dataOf(env, rollout), rollout, perPage);
  const reached = await Promise.all(subscribers.map((each) => visit(env, each, { ...command, graceDays })));
  const visited = {
    done: subscribers.length,
    unreached: reached.filter((isReached) => !isReached).length,
    last: subscribers.at(-1)?.identity.subjectRef ?? rollout.cursor,
  };
  const isMore = subscribers.length === perPage;
  const isSaved = await savePage(env, rollout, visited, isMore);
  if (!isMore || !isSaved) return { done: visited.done, next: null };
  const next = {
    ...rollout,
    cursor: visited.last,
    done: rollout.done + visited.done,
    unreached: countUnreached(rollout) + visited.unreached,
  };
  return { done: visited.done, next };
}

type RolloutCommand = Pick<StripeCommand, "facts" | "cause">;

/** Reads the newest terms or settings, which may be newer than the rollout. */
async function readCommand({ DB }: RuntimeEnv, rollout: TermsRollout): Promise<RolloutCommand> {
  const { productCode } = rollout;
  if (productCode === signalsCode) {
    const settings = await readSignalSettings(DB, rollout);
    const cause = { type: "signal_settings" as const, id: String(settings?.version ?? 0) };
    return { facts: settings === null ? [] : [{ type: "signals", settings }], cause };
  }
  const terms = await readProductTerms(DB, rollout, [productCode]);
  const fact = { type: "terms" as const, productCode, versions: terms.get(productCode) ?? [] };
  return { facts: [fact], cause: { type: "product_terms", id: productCode } };
}

/** Merges the terms into a customer's ledger. Returns whether the customer's object answered. */
async function visit(
  env: RuntimeEnv,
  { identity, erasureFence, isErased }: Subscriber,
  rolledOut: RolloutCommand & Pick<StripeCommand, "graceDays">,
): Promise<boolean> {
  // An erasure leaves nothing to change.
  if (isErased) return true;
  const command = { ...rolledOut, erasureFence };
  try {
    await callSubject(env, identity, (subject) => subject.applyStripe(identity, command), callTimeoutMs);
    return true;
  } catch (error) {
    const { projectId, mode } = identity;
    const tag = subjectTag(subjectName(identity));
    log("error", "terms_rollout.subject_unreached", {
      projectId,
      mode,
      subjectTag: tag,
      error: errorMessage(error),
    });
    return false;
  }
}

/** Returns the customers of this round who did not answer so far. */
const countUnreached = ({ done, unreached }: TermsRollout): number => (done === 0 ? 0 : unreached);

async function savePage(
  env: RuntimeEnv,
  rollout: TermsRollout,
  visited: Omit<RolloutPage, "continuation">,
  isMore: boolean,
): Promise<boolean> {
  const now = await currentTime(env.DEV);
  const unreached = countUnreached(rollout) + visited.unreached;
  const isOver = rollout.round >= maxRounds || (rollout.round > 1 && unreached === 0);
  const waitMs = rollout.round === 1 ? secondRoundMs : laterRoundMs;
  const continuation: RolloutPage["continuation"] = isMore
    ? { type: "page", leaseUntil: visited.done === 0 ? now : now + leaseMs }
    : isOver
      ? { type: "end" }
      : { type: "round", dueAt: now + waitMs };
  return advanceRollout(dataOf(env, rollout), rollout, { ...visited, continuation }, now);
}
