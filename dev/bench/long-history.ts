/**
 * `node --import tsx dev/bench/long-history.ts [entries]`: compares a subject with 5,000,000 ledger entries
 * with one that has 10: check, consume, verify and fold. Takes about half an hour, and 10 GB in TMPDIR.
 */
import { Agent, setGlobalDispatcher } from "undici";
import { startBenchStack } from "./bench-stack.ts";
import type { CountedOperations } from "./worker/counted-subject.ts";

// Verifying and folding take longer than the five minutes that Node's fetch waits for a response.
setGlobalDispatcher(new Agent({ headersTimeout: 0, bodyTimeout: 0 }));

const entries = Number(process.argv[2] ?? 5_000_000);
const step = 50_000;
const samples = 400;

const stack = await startBenchStack();
const { control } = stack;
const seconds = (since: number) => ((performance.now() - since) / 1_000).toFixed(1);

/** Returns the median duration of a call in milliseconds. Calls both objects in turn, one call at a time. */
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

/** Runs `work` while the long subject is checked continuously. Prints the durations of both. */
async function runDuringChecks<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const checks: number[] = [];
  let isDone = false;
  const checking = (async () => {
    while (!isDone) {
      const calledAt = performance.now();
      await control("/counted/check", "long");
      checks.push(performance.now() - calledAt);
    }
  })();
  const result = await work().finally(() => {
    isDone = true;
    return checking;
  });
  const times = [0.5, 0.99, 1].map((share) => quantile(checks, share).toFixed(1)).join(" / ");
  console.log(
    `${what}: ${seconds(startedAt)} s; ${checks.length} checks in that time: median / 99 % / slowest ${times} ms`,
  );
  return result;
}

async function report(when: string): Promise<void> {
  for (const name of ["short", "long"]) {
    // Loads the object. After 10 seconds without a call it leaves memory, and the next call reads its state.
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
  const verified = await runDuringChecks("verify", () => control<object>("/counted/verify", "long"));
  console.log(JSON.stringify(verified));
  const runs = await runDuringChecks("fold", () => control<number>("/counted/fold", "long"));
  console.log(`folded in ${runs} runs`);
  await report("folded");
  console.log(JSON.stringify(await control("/counted/verify", "long")));
} finally {
  await stack.stop();
}
