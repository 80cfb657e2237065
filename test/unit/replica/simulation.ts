import type { Region } from "../../../shared/contract/enums.ts";
import { denialReasons } from "../../../shared/contract/enums.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import { answerOf, type Grant, leaseTerms } from "../../../workers/runtime/replica/lease.ts";
import { LeaseCache } from "../../../workers/runtime/replica/lease-cache.ts";
import { type HomeStorage, type Mutation, SimulatedHome } from "./simulated-home.ts";
import { Dice, SkewedClock, VirtualTime } from "./virtual-time.ts";

/**
 * One random history: a writer at the home object and readers in five regions, with delays, lost, late and doubled calls,
 * killed replicas, restarted objects, regions that are cut off, and clocks that are up to 500 ms wrong and jump. The lease
 * code is the real one; time is simulated.
 */

const regions: readonly Region[] = ["enam", "wnam", "apac", "oc", "sam"];
const skewMs = 500;
const lengthMs = 25_000;
const subject = "subject";

export interface Read {
  beganAt: number;
  endedAt: number;
  answer: string;
  sequence: number;
  atLeast: number;
  region: Region | null;
  /** The highest sequence that was acknowledged before the read began. */
  acknowledged: number;
}

export interface History {
  reads: Read[];
  storage: HomeStorage;
  acknowledged: number;
  /** Reads that called the home object. */
  questions: number;
  longestWriteMs: number;
}

export async function simulate(seed: number, mutation: Mutation = {}): Promise<History> {
  const dice = new Dice(seed);
  const time = new VirtualTime();
  const terms = { ...leaseTerms, ...mutation.terms };
  const decision = (): Decision =>
    dice.chance(0.5)
      ? { allowed: true, entitlementId: "ent_1" }
      : { allowed: false, reason: dice.pick(denialReasons), entitlementId: null };
  const first = { allowed: true, entitlementId: "ent_1" } as const;
  const storage: HomeStorage = {
    entries: [{ sequence: 1, at: 0, value: first, flipsAt: null, later: first, isGone: false }],
    holders: new Map(),
  };
  const history: History = { reads: [], storage, acknowledged: 1, questions: 0, longestWriteMs: 0 };
  const replicaClocks = new Map(regions.map((region) => [region, new SkewedClock(time, dice, skewMs)]));
  const cutOff = new Map<Region, number>();
  const lossRate = dice.pick([0, 0.02, 0.2]);

  const newReplica = (region: Region) => {
    const clock = replicaClocks.get(region) as SkewedClock;
    const cache = new LeaseCache({ now: () => clock.now(), time: () => clock.now() }, terms, 100);
    if (mutation.takesRecalled) {
      const { recall } = cache;
      cache.recall = (name, before) => {
        const entry = (cache as unknown as { entries: Map<string, { recalls: number }> }).entries.get(name);
        recall.call(cache, name, before);
        if (entry !== undefined) entry.recalls--;
      };
    }
    return { cache, isDead: false };
  };
  const replicas = new Map(regions.map((region) => [region, newReplica(region)]));
  const replicaOf = (region: Region) => replicas.get(region) as ReturnType<typeof newReplica>;

  /** Passes a message on after a delay, or loses it. */
  const isLost = (region: Region) => dice.chance(lossRate) || (cutOff.get(region) ?? 0) > time.now;
  const delayMs = () => (dice.chance(0.03) ? dice.between(1_000, 15_000) : dice.between(1, 300));

  const recall = (region: Region, before: number) =>
    new Promise<void>((resolve, reject) => {
      const lost = isLost(region);
      if (lost) {
        if (dice.chance(0.5)) time.at(time.now + 200, () => reject(new Error("lost")));
        return;
      }
      const deliver = (answers: boolean) => {
        replicaOf(region).cache.recall(subject, before);
        if (answers && !isLost(region)) time.at(time.now + delayMs(), resolve);
      };
      time.at(time.now + delayMs(), () => deliver(true));
      if (dice.chance(0.1)) time.at(time.now + dice.between(1, 20_000), () => deliver(false));
    });

  const newHome = () =>
    new SimulatedHome(storage, new SkewedClock(time, dice, skewMs), time, terms, mutation, recall);
  let home = newHome();

  const request = (region: Region, from: { isDead: boolean }) => (): Promise<Grant> => {
    history.questions++;
    return new Promise((resolve, reject) => {
      const fail = () => time.at(time.now + 300, () => reject(new Error("lost")));
      if (isLost(region)) return fail();
      time.at(time.now + delayMs(), () => {
        const grant = home.lease(region);
        if (isLost(region)) return fail();
        time.at(time.now + delayMs(), () => {
          if (!from.isDead) resolve(grant);
        });
      });
    });
  };

  let seen = 1;
  const record = (read: Omit<Read, "endedAt">) => {
    history.reads.push({ ...read, endedAt: time.now });
    seen = Math.max(seen, read.sequence);
  };
  const readFrom = async (region: Region) => {
    const beganAt = time.now;
    const { acknowledged } = history;
    const atLeast = dice.chance(0.2) ? seen : 0;
    const replica = replicaOf(region);
    try {
      const answer = await replica.cache.check(subject, atLeast, request(region, replica));
      // A killed replica answers no caller.
      if (!replica.isDead)
        record({
          beganAt,
          acknowledged,
          atLeast,
          region,
          answer: answerOf(answer.decision),
          sequence: answer.sequence,
        });
    } catch {
      // The caller gets a 503, and no answer.
    }
  };
  const readAtHome = () => {
    const { decision: read, sequence } = home.read();
    const { acknowledged } = history;
    record({
      beganAt: time.now,
      acknowledged,
      atLeast: 0,
      region: null,
      answer: answerOf(read),
      sequence,
    });
  };

  /** Runs a write, and counts what it contains as acknowledged when it returns. */
  const acknowledge = async (work: (instance: SimulatedHome) => Promise<void>) => {
    const instance = home;
    const beganAt = time.now;
    const done = work(instance);
    const { sequence } = instance.last;
    await done;
    if (instance.isDead) return;
    // An erasure writes its entry at the end.
    const reached = instance.last.isGone ? instance.last.sequence : sequence;
    history.acknowledged = Math.max(history.acknowledged, reached);
    history.longestWriteMs = Math.max(history.longestWriteMs, time.now - beganAt);
  };

  const act = () => {
    const roll = dice.next();
    const { value, flipsAt, later } = home.last;
    if (roll < 0.45) {
      const inMs = dice.between(100, 20_000);
      const flips = dice.chance(0.3) ? home.read().at + inMs : null;
      const change = { value: decision(), flipsAt: flips, later: decision(), isGone: false };
      return acknowledge((instance) => instance.write(change));
    }
    if (roll < 0.7)
      return acknowledge((instance) => instance.write({ value, flipsAt, later, isGone: false }));
    if (roll < 0.85) return acknowledge((instance) => instance.replay());
    if (roll < 0.88) return acknowledge((instance) => instance.erase());
    if (roll < 0.94) {
      home.isDead = true;
      home = newHome();
      // The caller tries again, with the same key.
      return acknowledge((instance) => instance.replay());
    }
    const region = dice.pick(regions);
    if (roll < 0.97) {
      replicaOf(region).isDead = true;
      replicas.set(region, newReplica(region));
    } else cutOff.set(region, time.now + dice.between(500, 25_000));
    return undefined;
  };

  const repeat = (everyMs: number, work: () => unknown) => {
    const next = () => {
      work();
      const at = time.now + dice.between(1, 2 * everyMs);
      if (at < lengthMs) time.at(at, next);
    };
    time.at(dice.between(0, everyMs), next);
  };
  repeat(dice.pick([300, 1_000, 4_000, 12_000]), act);
  const readEveryMs = dice.pick([200, 500, 2_000]);
  for (const region of regions.slice(0, dice.between(1, regions.length)))
    repeat(readEveryMs, () => readFrom(region));
  repeat(2_000, readAtHome);
  await time.run(lengthMs + 30_000);
  return history;
}

/** Returns the reads that are older than what was acknowledged before they began. */
export function findStale({ reads, storage }: History): Read[] {
  const clockAt = (trueTime: number) => 1_000_000 + trueTime;
  return reads.filter(({ answer, acknowledged, atLeast, sequence, beganAt, endedAt }) => {
    if (sequence < atLeast) return true;
    const from = clockAt(beganAt) - skewMs;
    const until = clockAt(endedAt) + skewMs;
    // Any state from the acknowledged one on, at any moment that a clock can have shown during the read.
    return !storage.entries.some((entry) => {
      if (entry.sequence < acknowledged) return false;
      const { flipsAt, value, later } = entry;
      const wasBefore = flipsAt === null || Math.max(from, entry.at) < flipsAt;
      const wasAfter = flipsAt !== null && Math.max(until, entry.at) >= flipsAt;
      return (wasBefore && answerOf(value) === answer) || (wasAfter && answerOf(later) === answer);
    });
  });
}
