import { errorMessage, log } from "./log.ts";

/** Of a worker that may have an Analytics Engine dataset bound (docs/observability.md); without it nothing is measured. */
export interface Metered {
  METRICS?: Pick<AnalyticsEngineDataset, "writeDataPoint">;
}

/** One measured thing. Closed words and numbers only: no subject, no id but the project's. Times in milliseconds. */
export type Metric =
  | { name: "check"; outcome: "allowed" | "denied"; reason: string; durationMs: number }
  | {
      name: "consume";
      outcome: "consumed" | "replayed" | "refused";
      code: string;
      units: number;
      durationMs: number;
    }
  | { name: "request"; outcome: string; code: string; route: string; status: number; durationMs: number }
  | { name: "flush"; lagMs: number; durationMs: number; events: number; deliveries: number }
  | { name: "flush_failed"; failures: number }
  | {
      name: "stripe_event";
      outcome: string;
      type: string;
      foundBy: string;
      ageMs: number;
      durationMs: number;
    }
  | {
      name: "delivery_attempt";
      outcome: string;
      error: string;
      status: number;
      attempt: number;
      durationMs: number;
    };

/**
 * Writes one data point, which costs no waiting: the platform sends it afterwards. The index is the project, `blob1` the
 * name, `blob2` the mode; after them words and numbers in the order of `columns`.
 */
export function measure(env: Metered, place: { projectId: string; mode: string }, metric: Metric): void {
  if (env.METRICS === undefined) return;
  const values: Record<string, string | number> = metric;
  const { words, numbers } = columns[metric.name];
  try {
    env.METRICS.writeDataPoint({
      indexes: [place.projectId],
      blobs: [metric.name, place.mode, ...words.map((word) => String(values[word]))],
      doubles: numbers.map((number) => Number(values[number])),
    });
  } catch (error) {
    // What is measured is done already: a limit of the platform must not undo or repeat it.
    log("warn", "metrics.not_written", { what: metric.name, error: errorMessage(error) });
  }
}

/** What stands in `blob3`, `blob4`, … and in `double1`, `double2`, …. Queries rest on it: add at the end only. */
export const columns: Record<Metric["name"], { words: string[]; numbers: string[] }> = {
  check: { words: ["outcome", "reason"], numbers: ["durationMs"] },
  consume: { words: ["outcome", "code"], numbers: ["durationMs", "units"] },
  request: { words: ["outcome", "code", "route"], numbers: ["durationMs", "status"] },
  flush: { words: [], numbers: ["durationMs", "lagMs", "events", "deliveries"] },
  flush_failed: { words: [], numbers: ["failures"] },
  stripe_event: { words: ["outcome", "type", "foundBy"], numbers: ["durationMs", "ageMs"] },
  delivery_attempt: { words: ["outcome", "error"], numbers: ["durationMs", "status", "attempt"] },
};
