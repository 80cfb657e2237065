import { recoveryButton } from "../../shared/contract/recovery-pages.ts";
import { createJob } from "../demo-data/bulk-jobs.ts";
import { StackClock } from "../demo-data/stack-clock.ts";
import type { PortalClient } from "../seed/portal-client.ts";
import type { StackFile } from "../seed/stack-file.ts";

/** A page of the portal by the name of its pictures. */
export interface PortalPage {
  name: string;
  path: string;
  /** Shown to a browser without a session. */
  isPublic?: true;
  /** The name of the button, link or summary that is pressed before the picture. */
  press?: string;
  /** Puts the product into the state of the page. Returns the path in place of `path`. */
  prepare?: () => Promise<string>;
}

/** Stories with a picture of their first customer. */
const picturedStories = [
  "renewed",
  "past_due",
  "consuming",
  "used_up",
  "pass_expired",
  "refunded",
  "disputed",
  "hold_lifted",
  "debit_waiting",
  "grant_undone",
  "never_paid",
];

/** Parts of refs that break layouts, each pictured with its customer. */
const picturedRefs = { "longest-ref": "xxxxxxxxxx", "right-to-left": "\u202E", "html-ref": "<script>" };

/** Lists every page of the portal with the demo data. Reads the ids that it needs from the portal's lists. */
export async function listPages(file: StackFile, owner: PortalClient): Promise<PortalPage[]> {
  const test = `/p/${file.project_id}/test`;
  const find = async (list: string, link: RegExp) => {
    const path = link.exec((await owner.get(`${test}${list}`)).html)?.[0];
    if (path === undefined) throw new Error(`${list} has no link like ${link}`);
    return path;
  };
  const tenDaysAgo = (await new StackClock(file.origin).now()) - 10 * 86_400_000;
  const refs = Object.entries(file.demo_customers ?? {});
  const customer = (ref: string) => `${test}/customers/${encodeURIComponent(ref)}`;
  const ofStory = (story: string) => customer(refs.find(([, lived]) => lived === story)?.[0] ?? story);
  const endpoint = await find("/webhooks", /\/p\/[^"]+\/webhooks\/ep_\w+/);
  const pages: Record<string, string> = {
    overview: test,
    "overview-live": `/p/${file.project_id}/live`,
    customers: `${test}/customers`,
    "customers-search": `${test}/customers?q=user`,
    "customers-none": `${test}/customers?q=nothing_like_this`,
    ...Object.fromEntries(picturedStories.map((story) => [`customer-${story}`, ofStory(story)])),
    ...Object.fromEntries(
      Object.entries(picturedRefs).map(([name, part]) => [
        `customer-${name}`,
        customer(refs.find(([ref]) => ref.includes(part))?.[0] ?? part),
      ]),
    ),
    "customer-unknown": customer("nobody"),
    ...Object.fromEntries(
      ["usage", "payments", "webhooks", "api", "notes"].map((tab) => [
        `customer-tab-${tab}`,
        `${ofStory(tab === "usage" ? "consuming" : "past_due")}?tab=${tab}`,
      ]),
    ),
    "customer-as-of": `${ofStory("refunded")}?as_of=${new Date(tenDaysAgo).toISOString().slice(0, 10)}`,
    "customer-uses": `${ofStory("consuming")}?show=usage`,
    "customer-grant": `${ofStory("past_due")}/grant`,
    "customer-recovery-link": `${ofStory("past_due")}/recovery-link`,
    "customer-sync": `${ofStory("past_due")}/sync`,
    "customer-erase": `${ofStory("past_due")}/erase`,
    "customer-check": `${ofStory("past_due")}/check`,
    events: `${test}/events`,
    "events-failed": `${test}/events?status=failed`,
    event: await find("/events", /\/p\/[^"]+\/events\/evt_\w+/),
    "event-failed": await find("/events?status=failed", /\/p\/[^"]+\/events\/evt_\w+/),
    products: `${test}/products`,
    "product-new": `${test}/products/new`,
    "products-from-stripe": `${test}/products/from-stripe`,
    product: `${test}/products/LAUNCH_OFFER_2025_FOR_THE_FIRST_HUNDRED_CUSTOMERS`,
    keys: `${test}/keys`,
    "key-rotate": await find("/keys", /\/p\/[^"]+\/keys\/key_\w+\/rotate/),
    stripe: `${test}/stripe`,
    webhooks: `${test}/webhooks`,
    "webhook-new": `${test}/webhooks/new`,
    webhook: endpoint,
    "webhook-edit": `${endpoint}/edit`,
    "webhook-rotate": `${endpoint}/rotate`,
    "webhook-replay": `${endpoint}/replay`,
    deliveries: `${test}/deliveries`,
    "deliveries-waiting": `${test}/deliveries?status=open`,
    "deliveries-dead": `${test}/deliveries?status=dead`,
    "deliveries-requeue": `${test}/deliveries/requeue?status=dead`,
    delivery: await find("/deliveries?status=dead", /\/p\/[^"]+\/deliveries\/dlv_\w+/),
    "delivery-retrying": await find("/deliveries?status=failed", /\/p\/[^"]+\/deliveries\/dlv_\w+/),
    inbox: `${test}/inbox`,
    alerts: `${test}/alerts`,
    bulk: `${test}/bulk`,
    "go-live": `${test}/go-live`,
    "access-audit": `${test}/access-audit`,
    ...(await listAudits(test, owner)),
    ...(await listBulkJobs(test, owner)),
    "go-live-copy": `/p/${file.project_id}/live/go-live/copy/CREDITS_100`,
    "bulk-new": `${test}/bulk/new`,
    "inbox-closed": `${test}/inbox?view=closed`,
    "move-in": `${test}/access-audit/move-in`,
    shadow: `${test}/shadow`,
    settings: `${test}/settings`,
    data: `${test}/data`,
    projects: "/projects",
    team: "/team",
    plan: "/plan",
    audit: "/audit",
    account: "/account",
    "second-factor": "/account/second-factor",
    "not-found": "/nowhere",
  };
  const publicPages = {
    "sign-in": "/sign-in",
    "forgot-password": "/forgot-password",
    "reset-unknown": "/reset/none",
    "invitation-unknown": "/invitations/none",
    "recovery-unknown": "/r/none",
  };
  const pressed: PortalPage[] = [
    { name: "inbox-manage", path: `${test}/inbox`, press: "Manage" },
    { name: "webhook-test", path: endpoint, press: "Send test event" },
    { name: "drawer-grant", path: ofStory("past_due"), press: "Grant access…" },
    { name: "drawer-recovery-link", path: ofStory("past_due"), press: "Send recovery link" },
  ];
  return [
    ...Object.entries(publicPages).map(([name, path]): PortalPage => ({ name, path, isPublic: true })),
    ...(await listRecoveryPages(file)),
    ...Object.entries(pages).map(([name, path]) => ({ name, path })),
    ...pressed,
    { name: "bulk-running", path: "", prepare: () => startSync(test, owner, refs) },
  ];
}

const listLinks = async (owner: PortalClient, list: string, link: RegExp): Promise<string[]> => [
  ...new Set((await owner.get(list)).html.match(link)),
];

/** The last audit with its findings, and the first with an import that waits. */
async function listAudits(test: string, owner: PortalClient): Promise<Record<string, string>> {
  const audits = await listLinks(owner, `${test}/access-audit`, /\/p\/[^"]+\/access-audit\/job_\w+/g);
  const [last = "", first = ""] = [audits[0], audits.at(-1)];
  return {
    "access-audit-report": last,
    "access-audit-unmapped": `${last}?show=unmapped`,
    "access-audit-import": first,
  };
}

async function listBulkJobs(test: string, owner: PortalClient): Promise<Record<string, string>> {
  const jobs = await listLinks(owner, `${test}/bulk`, /\/p\/[^"]+\/bulk\/job_\w+/g);
  return { "bulk-preview": jobs[0] ?? "", "bulk-finished": jobs.at(-1) ?? "" };
}

/** Creates a job that reads Stripe for each customer, so that its preview runs while the picture is taken. */
const startSync = (test: string, owner: PortalClient, refs: [string, string][]): Promise<string> =>
  createJob(
    owner,
    test,
    refs.map(([ref]) => ref),
    { action: "sync", text: "After the outage of the API" },
  );

/** More presses than a link takes in an hour. */
const tooManyPresses = 20;

/** The pages of recovery links. The one that is pressed too often was not pressed before. */
async function listRecoveryPages({ origin, demo_links: links = {} }: StackFile): Promise<PortalPage[]> {
  const { rate_limited: busy = "" } = links;
  for (let press = 0; press < tooManyPresses; press++)
    await (await fetch(origin + busy, { method: "POST", redirect: "manual" })).text();
  const isPressed = (name: string) => ["allowed", "contact_support", "rate_limited"].includes(name);
  return Object.entries(links).map(
    ([name, path]): PortalPage => ({
      name: `recovery-${name.replaceAll("_", "-")}`,
      path,
      isPublic: true,
      ...(isPressed(name) ? { press: recoveryButton } : {}),
    }),
  );
}
