import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "../../shared/kit/ids.ts";
import { customerSorts, customerTabs } from "../../workers/portal/db/customers.ts";
import { PortalClient } from "../seed/portal-client.ts";
import { type Stack, startStack } from "../stack/stack.ts";
import { countRoundTrips, withCountedD1 } from "./counted-d1.ts";
import { fillLists, hotSubject, rows } from "./fill-lists.ts";

const requests = 31;
const email = "bench@tests.example";

export interface PageTime {
  page: string;
  /** The page's limits: milliseconds, and round trips to D1 including the one that reads the session. */
  target: { ms: number; roundTrips: number };
  /** Milliseconds from the request to the last byte, as a client sees it: more than the worker's own time. */
  medianMs: number;
  slowestMs: number;
  kilobytes: number;
  /** Round trips to D1 of all workers together. */
  roundTrips: number;
  holds: boolean;
}

interface Page {
  page: string;
  path: string;
  target: PageTime["target"];
}

/**
 * Measures every list of the portal at 100,000 rows, and the page of a customer with 100,000 ledger entries.
 */
export async function timePages(): Promise<PageTime[]> {
  const stateDir = await mkdtemp(join(tmpdir(), "licenzy-bench-"));
  const logFile = join(stateDir, "workers.log");
  const options = { stateDir, logFile, cronEveryMs: 0 };
  const password = newId("act");
  try {
    const timed = await startStack({ ...options, port: 0 });
    const { times, pages } = await timeAll(timed, password).finally(() => timed.stop());
    // Counting takes time, so a separate run on the same rows does it.
    const counting = await startStack({ ...options, port: 0, alterWorkers: withCountedD1 });
    const trips = await countAll(counting, password, pages, logFile).finally(() => counting.stop());
    return pages.map(({ page, target }, index) => {
      const { medianMs = Number.NaN, ...time } = times[index] ?? { slowestMs: Number.NaN, kilobytes: 0 };
      const roundTrips = trips[index] ?? Number.NaN;
      const holds = medianMs <= target.ms && roundTrips <= target.roundTrips;
      return { page, target, medianMs, ...time, roundTrips, holds };
    });
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
}

async function timeAll(stack: Stack, password: string) {
  const { origin } = stack;
  const portal = new PortalClient(origin);
  const { location } = await portal.submit("/setup", {
    token: stack.secrets.setupToken,
    name: "Bench",
    email,
    password,
    account: "Bench",
    project: "bench",
    region: "weur",
  });
  const db = await stack.mf.getD1Database("DB", "licenzy-runtime");
  const projectId = location?.split("/")[2] ?? "";
  await fillLists({ origin, db, portal, projectId });
  const pages = pagesOf(projectId);
  const times: Awaited<ReturnType<typeof timePage>>[] = [];
  for (const { path } of pages) times.push(await timePage(portal, path));
  return { times, pages };
}

async function countAll(stack: Stack, password: string, pages: Page[], logFile: string): Promise<number[]> {
  const portal = new PortalClient(stack.origin);
  await portal.signIn(email, password);
  const counts: number[] = [];
  for (const { path } of pages) {
    await portal.get(path);
    const before = await countRoundTrips(logFile);
    await portal.get(path);
    counts.push((await countRoundTrips(logFile)) - before);
  }
  return counts;
}

function pagesOf(projectId: string): Page[] {
  const place = `/p/${projectId}/test`;
  const lists: Record<string, string> = {
    Customers: `${place}/customers`,
    "Customers, the page before": `${place}/customers?before=1.user_1`,
    ...listEachTabAndSort(place),
    "Customers that renew in 7 days": `${place}/customers?ends=7d`,
    "Customers of a product (none)": `${place}/customers?product=NONE`,
    "Customers, a search": `${place}/customers?q=user_`,
    "Customers, a part of a ref": `${place}/customers?q=ser_99`,
    "Inbound events": `${place}/events`,
    "Inbound events, failed (none)": `${place}/events?status=failed`,
    "Inbound events of a customer": `${place}/events?customer=user_99999`,
    Products: `${place}/products`,
    "API keys": `${place}/keys`,
    Endpoints: `${place}/webhooks`,
    Deliveries: `${place}/deliveries`,
    "Deliveries, dead": `${place}/deliveries?status=dead`,
    "Deliveries, HTTP 500": `${place}/deliveries?http=500`,
    "Deliveries, HTTP 404 (none)": `${place}/deliveries?http=404`,
    "Deliveries of a type (none)": `${place}/deliveries?type=usage.consumed`,
    "Deliveries of a customer": `${place}/deliveries?customer=user_99999`,
    "Audit log": "/audit",
  };
  const listTarget = { ms: 100, roundTrips: 2 };
  return [
    { page: "Overview, 30 days", path: place, target: listTarget },
    { page: "Overview, 48 hours", path: `${place}?period=48h`, target: listTarget },
    ...Object.entries(lists).map(([page, path]) => ({ page, path, target: listTarget })),
    {
      page: `Customer Support, ${rows.toLocaleString("en-US")} ledger entries`,
      path: `${place}/customers/${hotSubject}`,
      // The portal's session, the lists, and the runtime's session with what the profile needs.
      target: { ms: 150, roundTrips: 3 },
    },
  ];
}

/** Every tab of the list of customers in every order, in the direction that its heading links to. */
function listEachTabAndSort(place: string): Record<string, string> {
  const pages = customerTabs.flatMap((tab) =>
    customerSorts.map((sort) => [
      `Customers, ${tab} by ${sort}`,
      `${place}/customers?tab=${tab}&sort=${sort === "customer" || sort === "ends" ? "" : "-"}${sort}`,
    ]),
  );
  return Object.fromEntries(pages) as Record<string, string>;
}

async function timePage(portal: PortalClient, path: string) {
  const times: number[] = [];
  let bytes = 0;
  // The first three are not counted: they compile code and read pages of the database.
  for (let request = -3; request < requests; request++) {
    const startedAt = performance.now();
    const { status, html } = await portal.get(path);
    const tookMs = performance.now() - startedAt;
    if (status !== 200) throw new Error(`${path}: ${status}`);
    if (request >= 0) times.push(tookMs);
    bytes = html.length;
  }
  times.sort((a, b) => a - b);
  return {
    medianMs: times[Math.floor(times.length / 2)] ?? Number.NaN,
    slowestMs: times.at(-1) ?? Number.NaN,
    kilobytes: bytes / 1_024,
  };
}
