import { Agent, request } from "node:http";
import { type Region, regions } from "../../shared/contract/enums.ts";
import type { BenchStack } from "./bench-stack.ts";
import { quantile } from "./load.ts";
import { homeRegion, homeRoundTripMs } from "./region-delays.ts";

/** The checks of callers in one region, each subject once in `everyMs`. */
export interface RegionRow {
  region: Region;
  replicas: boolean;
  everyMs: number;
  /** To the project's region. */
  roundTripMs: number;
  checks: number;
  failed: number;
  medianMs: number;
  ninetyNinePercentMs: number;
  /** Of the subjects' objects, per 1,000 checks. */
  homeCalls: number;
  /** `null` without a target. */
  holds: boolean | null;
}

interface Pace {
  replicas: boolean;
  everyMs: number;
  /** Subjects per region. */
  subjects: number;
  maxHomeCalls: number | null;
}

const paces: Pace[] = [
  { replicas: false, everyMs: 1_000, subjects: 8, maxHomeCalls: null },
  { replicas: true, everyMs: 1_000, subjects: 8, maxHomeCalls: 110 },
  { replicas: true, everyMs: 100, subjects: 2, maxHomeCalls: 12 },
];

/** What the code may add to the round trip within the caller's region, by the median. */
const codeMs = 3;

export interface RegionTimes {
  /** The median of the round trip within a region alone, through the same client and worker. */
  floorMs: number;
  rows: RegionRow[];
}

/**
 * Measures checks from each of the nine regions, for `lengthMs` per pace, all regions at the same time. And the floor, as long
 * and with as many callers as the first pace has.
 */
export async function timeRegions(stack: BenchStack, lengthMs: number): Promise<RegionTimes> {
  const refs = Array.from({ length: 8 }, (_, index) => `region-${index}`);
  await stack.control("/fill", { projectId: stack.projectId, subjectRefs: refs, consumes: 1 });
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const rows: RegionRow[] = [];
  try {
    console.error("regions: floor");
    const paths = regions.map(() => "/regions/floor");
    const floor = await Promise.all(
      paths.map((path) => load(stack, agent, { path, key: "", everyMs: 1_000 }, refs, lengthMs)),
    );
    const floorMs = quantile(
      floor.flatMap(({ latencies }) => latencies).toSorted((a, b) => a - b),
      0.5,
    );
    for (const pace of paces) {
      console.error(`regions: ${pace.replicas ? "with" : "without"} replicas, every ${pace.everyMs} ms`);
      await stack.control("/home-calls", null);
      const measured = await Promise.all(
        regions.map((region, index) => {
          const path = `/regions/${region}/${pace.replicas ? "with" : "without"}/v1/access/check`;
          const caller = { path, key: stack.apiKeys[index] ?? "", everyMs: pace.everyMs };
          return load(stack, agent, caller, refs.slice(0, pace.subjects), lengthMs);
        }),
      );
      const calls = await stack.control<Record<string, number>>("/home-calls", null);
      const toRows = (times: Times, index: number) =>
        toRow(regions[index] ?? homeRegion, pace, times, calls, floorMs);
      rows.push(...measured.map(toRows));
    }
    return { floorMs, rows };
  } finally {
    agent.destroy();
  }
}

interface Times {
  latencies: number[];
  failed: number;
}

interface Caller {
  path: string;
  key: string;
  everyMs: number;
}

/** Sends a request per subject once in `everyMs`. */
async function load(
  stack: BenchStack,
  agent: Agent,
  { path, key, everyMs }: Caller,
  refs: readonly string[],
  lengthMs: number,
): Promise<Times> {
  const times: Times = { latencies: [], failed: 0 };
  const caller = async (subjectRef: string, index: number) => {
    const startedAt = performance.now() + (index * everyMs) / refs.length;
    for (let due = startedAt; due < startedAt + lengthMs; due += everyMs) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      const sentAt = performance.now();
      const send = () => post(agent, stack.benchPort, path, key, { subject_ref: subjectRef });
      // workerd closes a connection that was idle, and the caller sends again on another one.
      const status = (await send()) ?? (await send());
      if (status === 200) times.latencies.push(performance.now() - sentAt);
      else times.failed++;
    }
  };
  await Promise.all(refs.map(caller));
  times.latencies.sort((a, b) => a - b);
  return times;
}

function toRow(
  region: Region,
  { replicas, everyMs, maxHomeCalls }: Pace,
  { latencies, failed }: Times,
  calls: Record<string, number>,
  floorMs: number,
): RegionRow {
  const checks = latencies.length + failed;
  const homeCalls = ((calls[region] ?? 0) / checks) * 1_000;
  const medianMs = quantile(latencies, 0.5);
  const isAway = replicas && region !== homeRegion;
  const holds =
    isAway && maxHomeCalls !== null
      ? failed === 0 && homeCalls <= maxHomeCalls && medianMs <= floorMs + codeMs
      : null;
  const roundTripMs = homeRoundTripMs[region];
  return {
    ...{ region, replicas, everyMs, roundTripMs, checks, failed, medianMs, homeCalls, holds },
    ninetyNinePercentMs: quantile(latencies, 0.99),
  };
}

/** Returns the status; `null` when the connection was closed instead. */
function post(
  agent: Agent,
  port: number,
  path: string,
  apiKey: string,
  body: object,
): Promise<number | null> {
  const text = JSON.stringify(body);
  const headers = {
    Authorization: `Bearer ${apiKey}`,
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
  };
  return new Promise((resolve) => {
    const sent = request({ host: "127.0.0.1", port, path, method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    sent.on("error", () => resolve(null));
    sent.end(text);
  });
}
