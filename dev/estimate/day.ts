import { countedFlush } from "./counted-rows.ts";
import { assumed } from "./estimate.ts";

/**
 * A day of many customers, second by second: what their objects flush to D1, what Stripe sends and what is delivered. The
 * same seed gives the same day. It says how large each database grows and how many rows a second it must write.
 */
export interface DayOptions {
  customers: number;
  projects: number;
  seed: number;
}

/** The load of a day, assumed. Each is above what is usual for software that is paid by use. */
const dayAssumed = {
  /** The share of customers who do anything, their sessions, and the seconds of one. */
  activeShare: 0.25,
  sessions: 3,
  sessionSeconds: 240,
  /** The seconds between two consumes of a session. */
  consumeEvery: 12,
  /** Customers that are machines: they consume all day. */
  machineShare: 0.001,
  machineConsumesPerSecond: 2,
  /** The first flush of a session is after 5 s, the others follow at this distance. */
  flushSeconds: 30,
  /** Every customer renews once in 30 days. A part of a project's renewals is within the first ten minutes of one hour. */
  renewalDays: 30,
  burstShare: 0.2,
  burstSeconds: 600,
  stripeEventsPerRenewal: 3,
  deliveriesPerRenewal: 2,
  /** Of changes of access and low balances. */
  deliveriesPerActiveCustomer: 0.1,
  /** Retention deletes as many as come, each minute. */
  rowsPerDeletion: 10,
  retentionDays: 30,
  kbPerStripeEventInD1: 6,
};

/** What one database can do. Rows a second is our measure of D1 for rows that are written in batches, not a promise. */
export const databaseLimits = { gb: 10, rowsPerSecond: 1_000 };
/** Consumes a second that one object accepts. */
export const objectConsumesPerSecond = 1_000;

const daySeconds = 86_400;

export interface ProjectDay {
  customers: number;
  /** Rows that D1 writes in each second of the day. */
  rows: Float32Array;
  flushes: number;
  consumes: number;
  deliveries: number;
  stripeEvents: number;
}

export interface Day {
  projects: ProjectDay[];
  /** Of the busiest customer. */
  peakConsumesPerSecond: number;
}

export function simulateDay({ customers, projects: count, seed }: DayOptions): Day {
  const random = buildRandom(seed);
  // The n-th largest project has 1/n of the customers of the largest. They were created in any order.
  const weights = Array.from({ length: count }, (_, index) => 1 / (index + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let peakConsumesPerSecond = 0;
  const projects = shuffle(weights, random).map((weight) => {
    const project = newProjectDay(Math.round((customers * weight) / total));
    const burstAt = Math.floor(random() * 24) * 3_600;
    for (let customer = 0; customer < project.customers; customer++) {
      if (random() < dayAssumed.machineShare) {
        const rate = 1 + exponential(random, dayAssumed.machineConsumesPerSecond - 1);
        peakConsumesPerSecond = Math.max(peakConsumesPerSecond, rate);
        addSession(project, random() * dayAssumed.flushSeconds, daySeconds, rate);
      } else if (random() < dayAssumed.activeShare) addActiveDay(project, random);
      if (random() < 1 / dayAssumed.renewalDays) addRenewal(project, burstAt, random);
    }
    return project;
  });
  return { projects, peakConsumesPerSecond };
}

const newProjectDay = (customers: number): ProjectDay => ({
  customers,
  rows: new Float32Array(daySeconds),
  flushes: 0,
  consumes: 0,
  deliveries: 0,
  stripeEvents: 0,
});

function addActiveDay(project: ProjectDay, random: () => number): void {
  const sessions = 1 + Math.round(exponential(random, dayAssumed.sessions - 1));
  for (let session = 0; session < sessions; session++) {
    const seconds = exponential(random, dayAssumed.sessionSeconds);
    addSession(project, randomTime(random), seconds, 1 / dayAssumed.consumeEvery);
  }
  if (random() < dayAssumed.deliveriesPerActiveCustomer) addDelivery(project, randomTime(random));
}

function addSession(project: ProjectDay, start: number, seconds: number, consumesPerSecond: number): void {
  project.consumes += 1 + Math.floor(seconds * consumesPerSecond);
  for (let at = start + 5; at <= start + 5 + seconds && at < daySeconds; at += dayAssumed.flushSeconds) {
    project.flushes++;
    addRows(project, at, countedFlush.written);
  }
}

function addRenewal(project: ProjectDay, burstAt: number, random: () => number): void {
  const isInBurst = random() < dayAssumed.burstShare;
  const at = isInBurst ? burstAt + random() * dayAssumed.burstSeconds : random() * daySeconds;
  project.stripeEvents += dayAssumed.stripeEventsPerRenewal;
  addRows(project, at, dayAssumed.stripeEventsPerRenewal * assumed.d1RowsPerStripeEvent);
  project.flushes++;
  addRows(project, at, countedFlush.written);
  for (let delivery = 0; delivery < dayAssumed.deliveriesPerRenewal; delivery++) addDelivery(project, at + 1);
}

function addDelivery(project: ProjectDay, at: number): void {
  project.deliveries++;
  addRows(project, at, assumed.d1RowsPerDelivery);
}

function addRows({ rows }: ProjectDay, at: number, count: number): void {
  const second = Math.floor(at) % daySeconds;
  rows[second] = (rows[second] ?? 0) + count;
}

/** A time of the day. Most is done at noon, four times as much as at midnight. */
function randomTime(random: () => number): number {
  for (;;) {
    const at = random();
    if (random() * 1.6 < 1 - 0.6 * Math.cos(2 * Math.PI * at)) return at * daySeconds;
  }
}

const exponential = (random: () => number, mean: number) => -mean * Math.log(1 - random());

function shuffle<T>(items: T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** The generator mulberry32. */
function buildRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface DatabaseDay {
  projects: number;
  customers: number;
  /** After 30 days that are like this one. */
  gb: number;
  meanRows: number;
  /** The most rows of one minute, per second. */
  peakRows: number;
  /** The longest that a row waits when the database writes `databaseLimits.rowsPerSecond`. */
  longestWaitSeconds: number;
}

/** Places the projects in `count` databases as the portal does, each where the fewest are, and adds up their days. */
export function divideDay({ projects }: Day, count: number): DatabaseDay[] {
  return Array.from({ length: count }, (_, number) =>
    addUp(projects.filter((_, index) => index % count === number)),
  );
}

function addUp(projects: ProjectDay[]): DatabaseDay {
  const sum = (of: (project: ProjectDay) => number) =>
    projects.reduce((total, project) => total + of(project), 0);
  const [customers, deliveries, stripeEvents] = [
    sum((project) => project.customers),
    sum((project) => project.deliveries),
    sum((project) => project.stripeEvents),
  ];
  const deleted = ((deliveries + stripeEvents) * dayAssumed.rowsPerDeletion) / daySeconds;
  const kb =
    customers * assumed.kbPerCustomerInD1 +
    dayAssumed.retentionDays *
      (deliveries * assumed.kbPerDeliveryInD1 + stripeEvents * dayAssumed.kbPerStripeEventInD1);
  const rows = new Float64Array(daySeconds).fill(deleted);
  for (const project of projects)
    for (let second = 0; second < daySeconds; second++)
      rows[second] = (rows[second] ?? 0) + (project.rows[second] ?? 0);
  let [waiting, longest, peak, minute] = [0, 0, 0, 0];
  rows.forEach((count, second) => {
    waiting = Math.max(0, waiting + count - databaseLimits.rowsPerSecond);
    longest = Math.max(longest, waiting);
    minute += count - (rows[second - 60] ?? 0);
    peak = Math.max(peak, minute / 60);
  });
  return {
    projects: projects.length,
    customers,
    gb: kb / 1_000_000,
    meanRows: rows.reduce((total, count) => total + count, 0) / daySeconds,
    peakRows: peak,
    longestWaitSeconds: longest / databaseLimits.rowsPerSecond,
  };
}
