import type { BenchStack } from "./bench-stack.ts";
import type { Sides } from "./compare.ts";
import { type Load, rawRequest } from "./load.ts";

const manyCallers = 64;
const subjects = 200;
/**
 * Requests per second at which neither side has a queue, also where each commit waits for a disk. As fast as answered, both
 * have one, and the slower side has the longer one.
 */
const unhurried = { checks: 1_000, consumes: 300 };
/**
 * All are in memory at once. SQLite in one workerd runs out of memory at about 3,000 objects, bare ones too.
 */
const crowd = 2_000;
const run = Date.now().toString(36);
let keysMade = 0;

const subjectRefs = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`);

function takeTurns<T>(values: T[], index: number): T {
  const value = values[index % values.length];
  if (value === undefined) throw new Error("no values to take turns");
  return value;
}

const check = (stack: BenchStack, refs: string[]): Load => ({
  port: stack.runtimePort,
  callers: manyCallers,
  request: (index) =>
    rawRequest(
      "/v1/access/check",
      { Authorization: `Bearer ${takeTurns(stack.apiKeys, index)}` },
      JSON.stringify({ subject_ref: takeTurns(refs, index) }),
    ),
});

const consume = (stack: BenchStack, refs: string[]): Load => ({
  port: stack.runtimePort,
  callers: manyCallers,
  request: (index) =>
    rawRequest(
      "/v1/usage/consume",
      {
        Authorization: `Bearer ${takeTurns(stack.apiKeys, index)}`,
        "Idempotency-Key": `${run}-${keysMade++}`,
      },
      JSON.stringify({ subject_ref: takeTurns(refs, index), units: 1 }),
    ),
});

/** Reserves 2 units and settles 1, as one operation. */
const reserveAndSettle = (stack: BenchStack, refs: string[]): Load => {
  const post = (path: string, index: number, body: object) =>
    rawRequest(
      path,
      {
        Authorization: `Bearer ${takeTurns(stack.apiKeys, index)}`,
        "Idempotency-Key": `${run}-${keysMade++}`,
      },
      JSON.stringify({ subject_ref: takeTurns(refs, index), ...body }),
    );
  return {
    port: stack.runtimePort,
    callers: manyCallers,
    request: (index) => post("/v1/usage/reserve", index, { units: 2 }),
    followUp: (index, reply) => {
      const [, reservation_id] = /"reservation_id":"(\w+)"/.exec(reply) ?? [];
      return post("/v1/usage/settle", index, { reservation_id, units: 1 });
    },
  };
};

const bare = (stack: BenchStack, path: string, refs: string[]): Load => ({
  port: stack.benchPort,
  callers: manyCallers,
  request: (index) => rawRequest(path, {}, JSON.stringify({ subject_ref: takeTurns(refs, index), units: 1 })),
});

/** Fills `count` subjects, each with a pack of credits and `entries` ledger entries. */
async function fill(stack: BenchStack, refs: string[], entries: number): Promise<void> {
  const { projectId } = stack;
  for (let from = 0; from < refs.length; from += 50)
    await stack.control("/fill", {
      projectId,
      subjectRefs: refs.slice(from, from + 50),
      consumes: entries - 1,
    });
}

/** The rows of the speed table by name. Each fills its subjects first. */
export const scenarios: Record<string, (stack: BenchStack) => Promise<Sides[]>> = {
  async check(stack) {
    const refs = subjectRefs("check", subjects);
    await fill(stack, refs, 10);
    return [
      {
        what: "access/check, warm key",
        target: { atLeast: 0.65 },
        ours: check(stack, refs),
        floor: bare(stack, "/bare/check", refs),
        isFlushed: false,
      },
    ];
  },

  async consume(stack) {
    const refs = subjectRefs("consume", subjects);
    await fill(stack, refs, 10);
    return [
      {
        what: "usage/consume on 200 subjects, flush to D1 included",
        target: { atLeast: 1.2 },
        ours: consume(stack, refs),
        floor: bare(stack, "/bare/consume", refs),
        isFlushed: true,
      },
    ];
  },

  async tail(stack) {
    const refs = subjectRefs("tail", subjects);
    await fill(stack, refs, 10);
    const operations = {
      checks: { ours: check(stack, refs), floor: bare(stack, "/bare/check", refs) },
      consumes: { ours: consume(stack, refs), floor: bare(stack, "/bare/consume", refs) },
    };
    const row = (what: keyof typeof operations, load: Pick<Load, "callers" | "pace">): Sides => ({
      what: `99 % of ${what}, ${load.callers} connections, ${load.pace === undefined ? "as fast as answered" : `${load.pace} req/s`} (time)`,
      target: { atMost: 1.3 },
      ours: { ...operations[what].ours, ...load },
      floor: { ...operations[what].floor, ...load },
      isFlushed: false,
      isTail: true,
    });
    return [8, 32].flatMap((callers) =>
      (["checks", "consumes"] as const).flatMap((what) => [
        row(what, { callers }),
        row(what, { callers, pace: unhurried[what] }),
      ]),
    );
  },

  async reserve(stack) {
    const refs = subjectRefs("reserve", subjects);
    await fill(stack, refs, 10);
    return [
      {
        what: "reserve + settle against one consume (time), 200 subjects",
        target: { atMost: 2.2 },
        ours: reserveAndSettle(stack, refs),
        floor: consume(stack, refs),
        isFlushed: true,
      },
    ];
  },

  async hot(stack) {
    const refs = ["hot"];
    await fill(stack, refs, 10);
    return [
      {
        what: "usage/consume on one hot subject, 64 callers",
        target: { atLeast: 1.8 },
        ours: consume(stack, refs),
        floor: bare(stack, "/bare/consume", refs),
        isFlushed: false,
      },
      {
        what: "the same on a bare object with shared commits: the limit of this machine",
        target: null,
        ours: bare(stack, "/bare/consume-together", refs),
        floor: bare(stack, "/bare/consume", refs),
        isFlushed: false,
      },
    ];
  },

  async history(stack) {
    const [short, long] = [["short"], ["long"]];
    await fill(stack, short, 10);
    await fill(stack, long, 100_000);
    const target = { atMost: 1.3 };
    return [
      {
        what: "check at 100,000 ledger rows against 10 (time)",
        target,
        ours: check(stack, long),
        floor: check(stack, short),
        isFlushed: false,
      },
      {
        what: "consume at 100,000 ledger rows against 10 (time)",
        target,
        ours: consume(stack, long),
        floor: consume(stack, short),
        isFlushed: false,
      },
    ];
  },

  async crowd(stack) {
    const few = subjectRefs("few", 10);
    const many = subjectRefs("many", crowd);
    await fill(stack, few, 2);
    await fill(stack, many, 2);
    const target = { atMost: 1.3 };
    return [
      {
        what: `check over ${crowd} subjects against 10 (time)`,
        target,
        ours: check(stack, many),
        floor: check(stack, few),
        isFlushed: false,
      },
      {
        what: `consume over ${crowd} subjects against 10 (time)`,
        target,
        ours: consume(stack, many),
        floor: consume(stack, few),
        isFlushed: true,
      },
    ];
  },
};
