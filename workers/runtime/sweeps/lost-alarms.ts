import { dataByNumber } from "../../../shared/db/databases.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { claimNextSubjects } from "../db/sweep-positions.ts";
import type { RuntimeEnv } from "../env.ts";
import { callSubject } from "../subject-stub.ts";
import { forEachSubject } from "./for-each-subject.ts";
import type { Budget } from "./work-through.ts";

/**
 * Calls every customer's object in turn, so that one that lost its alarm arms it again. Nothing in D1 says which
 * object has changes that it did not flush: that would cost a write per change.
 *
 * At most 200 a minute, and each at most once an hour. So a lost alarm is found within an hour in an installation of up to
 * 12,000 customers, and within 84 hours in one of a million. An expiry and a first flush are found within minutes
 * (`sweepExpiries`), and a call of the customer's app or an operator finds any of them at once.
 */
const maxPerSweep = 200;
const roundMs = 3_600_000;
const concurrentCalls = 20;
const timeoutMs = 10_000;

export async function sweepLostAlarms(
  env: RuntimeEnv,
  budget: Budget,
  database: number,
): Promise<{ called: number }> {
  const claim = async (limit: number) => {
    const now = await currentTime(env.DEV);
    return claimNextSubjects(dataByNumber(env, database), "lostAlarms", { now, roundMs }, limit);
  };
  const options = { ...budget, concurrency: concurrentCalls, max: maxPerSweep };
  const called = await forEachSubject("subject.rearm_failed", claim, options, (identity) =>
    callSubject(env, identity, (subject) => subject.rearm(), timeoutMs),
  );
  return { called };
}
