import { countedFlush, countedRows } from "./counted-rows.ts";
import { type Meter, type Price, planPrice, prices } from "./prices.ts";

/** What an installation does in a month. */
export interface Load {
  checks: number;
  consumes: number;
  customers: number;
  deliveries: number;
  stripeEvents: number;
  /** The share of the lines of answered requests that is written: LOG_SHARE. */
  logShare: number;
}

/** What is not counted but assumed, each above what was seen. */
export const assumed = {
  /** Of one request in worker and object together. A check takes 0.2 ms here. */
  cpuMsPerRequest: 1,
  cpuMsPerSweepRound: 200,
  cpuMsPerDelivery: 10,
  /** The time that an object is awake for a request and for a flush, at 128 MB. */
  objectMsPerRequest: 5,
  objectMsPerFlush: 100,
  /** Two alarms, the entitlement with its index, and what the object notes about the flush. */
  objectRowsPerFlush: 6,
  d1RowsPerDelivery: 20,
  d1RowsPerStripeEvent: 20,
  d1RowsReadPerSweepRound: 5_000,
  logLinesPerDelivery: 3,
  logLinesPerStripeEvent: 3,
  logLinesPerSweepRound: 20,
  /** The share of requests that are refused. Their lines are always written. */
  refusedShare: 0.02,
  /** A key is looked up every 5 s in each isolate; this many are busy all the time. */
  busyIsolates: 4,
  kbPerCustomerInObject: 20,
  kbPerConsumeInObject: 0.5,
  kbPerCustomerInD1: 4,
  kbPerDeliveryInD1: 2,
};

const monthSeconds = 30 * 86_400;
const sweepRounds = monthSeconds / 60;
/** An object that is used all the time flushes every 30 s (workers/runtime/subject/outbox/delays.ts). */
const flushesOfBusyCustomer = monthSeconds / 30;
const kbPerGb = 1_000_000;

/** Computes how much of each meter a month uses. An upper bound: a flush may carry many consumes. */
export function computeUsage(load: Load): Record<Meter, number> {
  const { checks, consumes, customers, deliveries, stripeEvents, logShare } = load;
  const requests = checks + consumes;
  const flushes = Math.min(consumes, customers * flushesOfBusyCustomer) + stripeEvents;
  const keyLookups = Math.min(requests, (assumed.busyIsolates * monthSeconds) / 5);
  const objectRequests = requests + stripeEvents + flushes + keyLookups;
  const { refusedShare } = assumed;
  const awakeMs = (requests + stripeEvents) * assumed.objectMsPerRequest + flushes * assumed.objectMsPerFlush;
  return {
    workerRequests: requests + stripeEvents + sweepRounds + deliveries,
    cpuMs:
      (requests + stripeEvents) * assumed.cpuMsPerRequest +
      sweepRounds * assumed.cpuMsPerSweepRound +
      deliveries * assumed.cpuMsPerDelivery,
    objectRequests,
    objectGbSeconds: (awakeMs / 1_000) * 0.128,
    objectRowsRead: checks * countedRows.check.read + consumes * countedRows.consume.read + keyLookups,
    objectRowsWritten: consumes * countedRows.consume.written + flushes * assumed.objectRowsPerFlush,
    objectGb: (customers * assumed.kbPerCustomerInObject + consumes * assumed.kbPerConsumeInObject) / kbPerGb,
    d1RowsRead: flushes * countedFlush.read + sweepRounds * assumed.d1RowsReadPerSweepRound,
    d1RowsWritten:
      flushes * countedFlush.written +
      deliveries * assumed.d1RowsPerDelivery +
      stripeEvents * assumed.d1RowsPerStripeEvent,
    d1Gb: (customers * assumed.kbPerCustomerInD1 + deliveries * assumed.kbPerDeliveryInD1) / kbPerGb,
    queueOperations: deliveries * 3,
    logEvents:
      requests * (refusedShare + (1 - refusedShare) * logShare) +
      flushes +
      deliveries * assumed.logLinesPerDelivery +
      stripeEvents * assumed.logLinesPerStripeEvent +
      sweepRounds * assumed.logLinesPerSweepRound,
  };
}

/** Returns the dollars of what goes beyond the included amount. */
export function priceOf(meter: Meter, amount: number): number {
  const { included, price, per }: Price = prices[meter];
  const beyond = Math.max(0, amount - included);
  return per === "GB" ? beyond * price : (beyond / 1_000_000) * price;
}

/** Returns the dollars of a month: the plan and every meter. */
export function totalOf(usage: Record<Meter, number>): number {
  const meters = Object.entries(usage) as [Meter, number][];
  return planPrice + meters.reduce((sum, [meter, amount]) => sum + priceOf(meter, amount), 0);
}

/** A month of this many checks, where nothing else is known: a tenth as many consumes, and 1,000 checks per customer. */
export function typicalLoad(checks: number): Load {
  const consumes = Math.round(checks / 10);
  const customers = Math.max(1, Math.round(checks / 1_000));
  return {
    checks,
    consumes,
    customers,
    deliveries: customers * 5,
    stripeEvents: customers * 5,
    logShare: 0.1,
  };
}
