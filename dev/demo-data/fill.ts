import { ApiClient } from "../seed/api-client.ts";
import { PocketStripe } from "../seed/pocket-stripe.ts";
import { PortalClient } from "../seed/portal-client.ts";
import type { StackFile } from "../seed/stack-file.ts";
import { runBulkJobs } from "./bulk-jobs.ts";
import { addEndpoint, addKeys, addOperators, addProducts, inviteColleague } from "./configuration.ts";
import { Customer } from "./customer.ts";
import { Dice } from "./dice.ts";
import { addLiveProducts, compareAnswers, createLinks } from "./differences.ts";
import { failAndDrop, failAtTheEnd, sendBrokenEvents } from "./incidents.ts";
import { Operator } from "./operator.ts";
import { buildRefs } from "./refs.ts";
import { StackClock } from "./stack-clock.ts";
import { lastDay, lastHour, stories } from "./stories.ts";
import { auditAgain, moveIn } from "./subscribers.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Customers who act at the same moment. More only queue up in the one process of the stack. */
const concurrency = 8;

export interface DemoDataOptions {
  /** At least one customer per story. */
  customers: number;
  seed: number;
  /** Prints a line of progress. */
  print(line: string): void;
}

export const demoDataDefaults = { customers: 60, seed: 7 };

export type DemoData = Required<Pick<StackFile, "demo_customers" | "demo_links">>;

interface Happening {
  at: number;
  what: string;
  run(): Promise<unknown>;
}

/** Of their customers the bulk job adds units, since that changes no access. */
const creditedStories = [
  "consuming",
  "packs_in_a_row",
  "credited",
  "partly_refunded",
  "refunded",
  "disputed",
];

/**
 * Fills the project of the seed with customers who lived through 22 days. Everything happens by use of the
 * product, while the stack's clock advances from moment to moment. Returns what it adds to the stack's file.
 */
export async function fillDemoData(file: StackFile, options: DemoDataOptions): Promise<DemoData> {
  const { origin, project_id: projectId } = file;
  const { print } = options;
  const startedAt = Date.now();
  const dice = new Dice(options.seed);
  const path = `/p/${projectId}/test`;
  const owner = await signIn(file, "owner");
  const stripe = new PocketStripe(origin, "sk_test_demo0001");
  const api = new ApiClient(origin, file.test_key);

  print("Demo data: products, keys, operators and endpoints.");
  const prices = await addProducts(owner, path, stripe);
  await addLiveProducts(owner, `/p/${projectId}`);
  await addKeys(owner, path);
  const [admin = owner, ...colleagues] = await addOperators(owner);
  const crm = await addEndpoint(owner, path, {
    name: "crm",
    description: "CRM of the sales team",
    types: ["purchase.finalized", "subscription.updated", "subscription.deleted", "invoice.payment_failed"],
  });
  const warehouse = await addEndpoint(owner, path, {
    name: "warehouse",
    description: "",
    types: ["usage.consumed"],
  });
  await stripe.control("dunning", { account: "acct_demo0001", retry_days: [1, 3], afterwards: "canceled" });

  const desk = [await signIn(file, "support"), ...colleagues].map((portal) => new Operator(portal, path));
  const names = Object.keys(stories);
  const customers = buildRefs(options.customers, dice).map((ref, index) => ({
    customer: new Customer(ref, index, api, stripe),
    story: names[index % names.length] ?? "",
    support: desk[index % desk.length] as Operator,
  }));

  const clock = new StackClock(origin);
  // Days begin at midnight UTC, so that the hours of the stories are those of the day.
  const midnight = Math.ceil((await clock.now()) / dayMs) * dayMs;
  const timeOf = ({ day, hour }: { day: number; hour: number }) => midnight + day * dayMs + hour * hourMs;
  const refsOf = (...wanted: string[]) =>
    customers.filter(({ story }) => wanted.includes(story)).map(({ customer }) => customer.ref);
  const links: Record<string, string> = {};
  const incidents = [
    ...failAndDrop(admin, path, crm),
    ...failAtTheEnd(
      projectId,
      warehouse,
      customers.filter(({ story }) => story === "consuming").map(({ customer }) => customer),
    ),
    ...sendBrokenEvents(stripe, projectId),
    ...moveIn(admin, path, stripe, prices["TEAM_WEEKLY"] ?? ""),
    ...createLinks(admin, path, (story) => refsOf(story)[0] ?? "", links),
    ...compareAnswers(
      api,
      customers.map(({ customer }) => customer),
    ),
  ].map((incident) => ({ at: timeOf(incident), what: "an incident", run: () => incident.run() }));
  const lives = customers.map(({ customer, story, support }) =>
    (stories[story]?.({ dice, support, prices }) ?? []).map((step) => ({
      at: timeOf(step),
      what: `${story} of ${JSON.stringify(customer.ref)}`,
      run: () => step.run(customer),
    })),
  );

  const moments = [...new Set([...incidents, ...lives.flat()].map(({ at }) => at))].toSorted((a, b) => a - b);
  let day = -1;
  for (const moment of moments) {
    const today = Math.floor((moment - midnight) / dayMs);
    if (today !== day)
      print(`Demo data: day ${today + 1} of ${lastDay + 1}, after ${secondsSince(startedAt)} s.`);
    day = today;
    await clock.advanceTo(moment);
    for (const incident of incidents.filter(({ at }) => at === moment)) await happen(incident);
    const due = lives
      .map((steps) => steps.filter(({ at }) => at === moment))
      .filter(({ length }) => length > 0);
    await runTogether(due);
  }
  await clock.advanceTo(timeOf({ day: lastDay, hour: lastHour }));
  await inviteColleague(owner);
  print(`Demo data: bulk jobs and access audits, after ${secondsSince(startedAt)} s.`);
  const all = customers.map(({ customer }) => customer.ref);
  await runBulkJobs(admin, path, { credited: refsOf(...creditedStories), all });
  await auditAgain(admin, path, stripe, prices["TEAM_WEEKLY"] ?? "");
  print(`Demo data: ${customers.length} customers, after ${secondsSince(startedAt)} s.`);
  return {
    demo_customers: Object.fromEntries(customers.map(({ customer, story }) => [customer.ref, story])),
    demo_links: links,
  };
}

const secondsSince = (startedAt: number) => Math.round((Date.now() - startedAt) / 1_000);

async function signIn(file: StackFile, role: "owner" | "support"): Promise<PortalClient> {
  const entry = file.operators.find((operator) => operator.role === role);
  if (entry === undefined) throw new Error(`The seed made no ${role}`);
  const portal = new PortalClient(file.origin);
  await portal.signIn(entry.email, entry.password);
  return portal;
}

/** Runs the steps of each customer in their order, and several customers at the same time. */
async function runTogether(due: Happening[][]): Promise<void> {
  const waiting = [...due];
  const work = async () => {
    for (let steps = waiting.shift(); steps !== undefined; steps = waiting.shift())
      for (const step of steps) await happen(step);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

async function happen({ what, run }: Happening): Promise<void> {
  try {
    await run();
  } catch (cause) {
    throw new Error(`Demo data: ${what} failed`, { cause });
  }
}
