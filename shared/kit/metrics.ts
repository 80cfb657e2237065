import { errorMessage, log } from "./log.ts";

/**
 * The environment of a worker that may have an Analytics Engine dataset bound (docs/observability.md).
 * Without the binding, no metrics are written.
 */
export interface MetricsEnv {
  METRICS?: Pick<AnalyticsEngineDataset, "writeDataPoint">;
}

/**
 * One data point. It contains enumerated words and numbers only: no subject, and no id except the project's.
 * Times are in milliseconds.
 */
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
 * Writes one data point without waiting: the platform sends it afterwards. The index is the project, `blob1`
 * the name, `blob2` the mode. Words and numbers follow in the order of `columns`.
 */
export function writeMetric(
  env: MetricsEnv,
  scope: { projectId: string; mode: string },
  metric: Metric,
): void {
  if (env.METRICS === undefined) return;
  const values: Record<string, string | number> = metric;
  const { words, numbers } = columns[metric.name];
  try {
    env.METRICS.writeDataPoint({
      indexes: [scope.projectId],
      blobs: [metric.name, scope.mode, ...words.map((word) => String(values[word]))],
      doubles: numbers.map((number) => Number(values[number])),
    });
  } catch (error) {
    // The measured operation has completed: a platform limit must not undo or repeat it.
    log("warn", "metrics.not_written", { what: metric.name, error: errorMessage(error) });
  }
}

/** The order of `blob3`, `blob4`, … and of `double1`, `double2`, …. Queries depend on it: append only. */
export const columns: Record<Metric["name"], { words: string[]; numbers: string[] }> = {
  check: { words: ["outcome", "reason"], numbers: ["durationMs"] },
  consume: { words: ["outcome", "code"], numbers: ["durationMs", "units"] },
  request: { words: ["outcome", "code", "route"], numbers: ["durationMs", "status"] },
  flush: { words: [], numbers: ["durationMs", "lagMs", "events", "deliveries"] },
  flush_failed: { words: [], numbers: ["failures"] },
  stripe_event: { words: ["outcome", "type", "foundBy"], numbers: ["durationMs", "ageMs"] },
  delivery_attempt: { words: ["outcome", "error"], numbers: ["durationMs", "status", "attempt"] },
};
