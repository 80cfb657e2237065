/**
 * Cloudflare's list prices of the Workers Paid plan in US dollars: what a month includes, and what a million more costs (a
 * GB more, of storage). The pages were read on this date; check them before you rely on a figure.
 */
export const pricesReadOn = "2026-11-29";

export const planPrice = 5;

export interface Price {
  label: string;
  included: number;
  /** Per million of the unit, or per GB. */
  price: number;
  per: "million" | "GB";
  page: string;
}

const workers = "developers.cloudflare.com/workers/platform/pricing/";
const objects = "developers.cloudflare.com/durable-objects/platform/pricing/";
const d1 = "developers.cloudflare.com/d1/platform/pricing/";
const million = 1_000_000;

export const prices = {
  workerRequests: {
    label: "Worker requests",
    included: 10 * million,
    price: 0.3,
    per: "million",
    page: workers,
  },
  cpuMs: { label: "CPU milliseconds", included: 30 * million, price: 0.02, per: "million", page: workers },
  objectRequests: { label: "Object requests", included: million, price: 0.15, per: "million", page: objects },
  objectGbSeconds: { label: "Object GB-s", included: 400_000, price: 12.5, per: "million", page: objects },
  objectRowsRead: {
    label: "Object rows read",
    included: 25_000 * million,
    price: 0.001,
    per: "million",
    page: objects,
  },
  objectRowsWritten: {
    label: "Object rows written",
    included: 50 * million,
    price: 1,
    per: "million",
    page: objects,
  },
  objectGb: { label: "Object storage, GB", included: 5, price: 0.2, per: "GB", page: objects },
  d1RowsRead: { label: "D1 rows read", included: 25_000 * million, price: 0.001, per: "million", page: d1 },
  d1RowsWritten: { label: "D1 rows written", included: 50 * million, price: 1, per: "million", page: d1 },
  d1Gb: { label: "D1 storage, GB", included: 5, price: 0.75, per: "GB", page: d1 },
  queueOperations: {
    label: "Queue operations",
    included: million,
    price: 0.4,
    per: "million",
    page: "developers.cloudflare.com/queues/platform/pricing/",
  },
  // The page says that another pricing applies from 1 December 2026. Its figures were not available.
  logEvents: {
    label: "Log events",
    included: 20 * million,
    price: 0.6,
    per: "million",
    page: "developers.cloudflare.com/workers/observability/logs/workers-logs/",
  },
} as const satisfies Record<string, Price>;

export type Meter = keyof typeof prices;
