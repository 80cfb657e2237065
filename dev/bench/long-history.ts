/**
 * `node --import tsx dev/bench/long-history.ts [entries]`: one subject with 5,000,000 ledger entries, and what it costs to
 * ask it, to verify it, and to fold it, beside one with 10. Takes about half an hour and 10 GB below TMPDIR.
 */
import { Agent, setGlobalDispatcher } from "undici";
import { startBenchStack } from "./bench-stack.ts";
import type { CountedOperations } from "./worker/counted-subject.ts";

// Verifying and folding so much takes longer than the five minutes that Node's fetch waits for an answer.
setGlobalDispatcher(new Agent({ headersTimeout: 0, bodyTimeout: 0 }));

const entries = Number(process.argv[2] ?? 5_000_000);
const step = 50_000;
const samples = 400;

const stack = await startBenchStack();
const { control } = stack;
const seconds = (since: number) => ((performance.now() - since) / 1_000).toFixed(1);

/** Milliseconds of one call at a time, both objects in turn: the medians. */
async function compareCalls(path: string, body: (name: string, index: number) => unknown) {
  const times = { short: [] as number[], long: [] as number[] };
  for (let index = 0; index < samples; index++)
    for (const name of ["short", "long"] as const) {
      const startedAt = performance.now();
      await control(path, body(name, index));
      times[name].push(performance.now() - startedAt);
    }
  return { short: quantile(times.short, 0.5), long: quantile(times.long, 0.5) };
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Does `work` while somebody checks the long subject all the time: how long both take. */
async function besideChecks<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const checks: number[] = [];
  let isDone = false;
  const checking = (async () => {
    while (!isDone) {
      const askedAt = performance.now();
      await control("/counted/check", "long");
      checks.push(performance.now() - askedAt);
    }
  })();
  const result = await work().finally(() => {
    isDone = true;
    return checking;
  });
  const times = [0.5, 0.99, 1].map((share) => quantile(checks, share).toFixed(1)).join(" / ");
  console.log(
    `${what}: ${seconds(startedAt)} s; ${checks.length} checks meanwhile: median / 99 % / slowest ${times} ms`,
  );
  return result;
}

async function report(when: string): Promise<void> {
  for (const name of ["short", "long"]) {
    // An object that nobody asked for 10 seconds is not in memory any more, and reads its state first.
    await control("/counted/check", name);
    const counts = await control<CountedOperations>("/counted/operations", { name, key: `counted-${when}` });
    console.log(`${when}, ${name}: ${JSON.stringify(counts)}`);
  }
  const check = await compareCalls("/counted/check", (name) => name);
  const consume = await compareCalls("/counted/consume", (name, index) => ({
    name,
    key: `${when}-${index}`,
  }));
  for (const [operation, { short, long }] of Object.entries({ check, consume }))
    console.log(
      `${when}, ${operation}: median ${long.toFixed(2)} ms, at 10 entries ${short.toFixed(2)} ms, ratio ${(long / short).toFixed(2)}`,
    );
  console.log(`${when}: ${((await control<number>("/counted/size", "long")) / 1e9).toFixed(2)} GB`);
}

try {
  const startedAt = performance.now();
  await control("/counted/grow", { name: "short", entries: 10 });
  for (let grown = step; grown <= entries; grown += step) {
    await control("/counted/grow", { name: "long", entries: grown });
    if (grown % 500_000 === 0) console.log(`${grown} entries after ${seconds(startedAt)} s`);
  }
  await report("grown");
  const verified = await besideChecks("verify", () => control<object>("/counted/verify", "long"));
  console.log(JSON.stringify(verified));
  const runs = await besideChecks("fold", () => control<number>("/counted/fold", "long"));
  console.log(`folded in ${runs} runs`);
  await report("folded");
  console.log(JSON.stringify(await control("/counted/verify", "long")));
} finally {
  await stack.stop();
}
