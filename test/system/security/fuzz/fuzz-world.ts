import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { hiddenFields, PortalClient } from "../../../../dev/seed/portal-client.ts";
import { provision } from "../../../../dev/seed/provision.ts";
import { disableEndpoint, enableEndpoint } from "../../../../shared/contract/operations/endpoints.ts";
import { outboundEventTypes } from "../../../../shared/contract/outbound-event.ts";
import { eventually } from "../../../eventually.ts";
import { inviteOperator, newOperator, type TestOperator, turnOnSecondFactor } from "../../operators.ts";
import {
  newReceiver,
  respondOk,
  respondWith,
  type ScriptedReceiver,
  WebhookOperations,
} from "../../receiver.ts";
import { buy, newWorld, type World } from "../../world.ts";
import { type Actor, type FoundForm, findForms, walkPages } from "./forms.ts";

export interface FuzzWorld {
  world: World;
  owner: TestOperator;
  /** A browser without a session. */
  stranger: Actor;
  forms: FoundForm[];
  receiver: ScriptedReceiver;
}

/** Limits of sign-in count per place; this one is no other test's. */
const place = { "CF-Connecting-IP": `10.99.${randomBytes(1)[0]}.${randomBytes(1)[0]}` };

/** Makes a project in which every form of the portal is on some page, and finds the forms. */
export async function newFuzzWorld(): Promise<FuzzWorld> {
  const world = await newWorld();
  const owner = await newOperator("owner", world.accountId);
  const receiver = await newReceiver();
  await makePurchases(world, receiver);
  await configure(world, owner);
  await moveIn(world, owner);
  await raiseAlerts(world, owner);
  const root = `/p/${world.projectId}/test`;
  const types = {
    url: receiver.url,
    confirmation: "user_fuzz",
    units: "5",
    api_key: world.stripe.apiKey,
    stripe_price_id: world.prices.pro,
    proof: owner.password,
    password: owner.password,
  };
  const actor: Actor = { name: "owner", portal: owner.portal, types };
  const stranger: Actor = { name: "stranger", portal: new PortalClient(world.origin, place), types: {} };
  const customer = `${root}/customers/user_fuzz`;
  await grant(actor, `${customer}/grant`);
  // Each page of the owner has these too. They would end the session that the other forms need.
  const isKept = (form: FoundForm) =>
    form.actor !== actor || !/^\/(account|sign-out|team\/leave)/.test(form.action);
  // Nothing here gives this customer access.
  const denied = `${root}/customers/user_let_in`;
  const starts = [
    ...[root, "/projects", "/team", "/plan", "/audit"],
    ...[`${customer}/erase`, `${customer}/check`, `${denied}/recovery-link`],
  ];
  const forms = [
    ...(await walkPages(actor, [
      ...starts,
      ...(await startJobs(root, owner)),
      ...(await startBulkJobs(world, actor)),
    ])),
    ...(await walkPages(stranger, ["/sign-in", "/forgot-password", ...(await makeLinks(world, owner))])),
    ...(await findAccountForms(world)),
  ];
  await leaveUnreportedPurchase(world);
  return {
    world,
    owner,
    stranger,
    forms: [...forms, ...(await findPreviewForms(forms))].filter(isKept),
    receiver,
  };
}

/**
 * Customers with a pack, a pass, a subscription, a hold, an undoable grant, a failed event and a dead
 * delivery.
 */
async function makePurchases(world: World, receiver: ScriptedReceiver): Promise<void> {
  const { stripe, api } = world;
  const hooks = WebhookOperations.forWorld(world);
  const { endpointId } = await hooks.create(receiver.url, [...outboundEventTypes]);
  await buy(world, "user_fuzz");
  await buy(world, "user_fuzz", "DAY_PASS");
  await buy(world, "user_fuzz", "PRO_MONTHLY");
  const session = await stripe.session(await buy(world, "user_held", "DAY_PASS"));
  await stripe.control("disputes", { payment_intent: session.payment_intent });
  await eventually(async () => expect((await api.check("user_held")).body.reason).toBe("payment_disputed"));
  await eventually(async () => expect((await api.check("user_fuzz")).body.allowed).toBe(true));
  const account = `acct_${stripe.apiKey.split("_")[2]}`;
  const dispute = { object: "dispute", id: "du_fuzz", status: "of another world" };
  await stripe.control("events", { account, type: "charge.dispute.updated", object: dispute });
  receiver.respond = respondWith(500);
  await buy(world, "user_dead");
  await eventually(async () => {
    const states = (await hooks.listDeliveries({ subjectRef: "user_dead" })).map(({ state }) => state);
    expect(states).toContain("failed");
  });
  await hooks.done(disableEndpoint, { endpointId });
  receiver.respond = respondOk;
  await hooks.done(enableEndpoint, { endpointId, waiting: "drop" });
  const disabled = await hooks.create(`${receiver.url}/disabled`);
  await hooks.done(disableEndpoint, { endpointId: disabled.endpointId });
}

/** Stripe has a purchase that it never reports, so a sync finds a difference. */
async function leaveUnreportedPurchase(world: World): Promise<void> {
  await world.stripe.deliver("drop");
  await buy(world, "user_fuzz");
  await world.stripe.deliver("normal");
}

/** What operators set up: members, an invitation, archived objects, a note, a recovery link. */
async function configure(world: World, { portal }: TestOperator): Promise<void> {
  const root = `/p/${world.projectId}/test`;
  await newOperator("support", world.accountId);
  await inviteOperator(portal, "viewer", `invited-${randomBytes(4).toString("hex")}@tests.example`);
  await portal.submit(`${root}/products/DAY_PASS/archive`);
  const projects = await portal.get("/projects");
  await portal.submit("/projects", {
    ...hiddenFields(projects.html, "/projects"),
    name: "old",
    region: "weur",
  });
  const others = [...(await portal.get("/projects")).html.matchAll(/(prj_\w+)/g)].map(([id]) => id);
  const other = others.find((id) => id !== world.projectId) ?? "";
  await portal.submit("/projects/archive", { project: other, project_id: other });
  const customer = `${root}/customers/user_fuzz`;
  const page = await portal.get(`${customer}?tab=notes`);
  await portal.submit(`${customer}/notes`, {
    ...hiddenFields(page.html, `${customer}/notes`),
    note: "A note",
  });
  const link = `${root}/customers/user_let_in/recovery-link`;
  await portal.submit(link, { ...hiddenFields((await portal.get(link)).html, link), days: "1" });
}

/** Reports a shadow check that disagrees, and makes a price that belongs to no product. */
async function moveIn({ stripe, api, projectId }: World, { portal }: TestOperator): Promise<void> {
  const root = `/p/${projectId}/test`;
  await stripe.createPrice("Not a product yet", 700);
  await api.post("/v1/access/shadow", { subject_ref: "user_let_in", allowed: true });
  await eventually(async () =>
    expect((await portal.get(`${root}/shadow`)).html).toContain(`${root}/shadow/clear`),
  );
}

/** Opens alerts for what has failed in this world, and adds a channel that they are sent through. */
async function raiseAlerts({ origin, projectId }: World, { portal }: TestOperator): Promise<void> {
  const root = `/p/${projectId}/test`;
  const path = `${root}/alerts/channels`;
  const settings = await portal.get(`${root}/alerts`);
  const channel = { kind: "email", address: "alerts@tests.example" };
  await portal.submit(path, { ...hiddenFields(settings.html, path), ...channel });
  await eventually(async () => {
    await fetch(`${origin}/__dev/cron`, { method: "POST" });
    expect((await portal.get(`${root}/inbox`)).html).toMatch(/\/inbox\/alr_\w+\/assign/);
  });
}

/** Makes an entry that can be undone. */
async function grant(actor: Actor, page: string): Promise<void> {
  const shown = () => actor.portal.get(page);
  const formOf = (forms: FoundForm[], action: string) => {
    const form = forms.find((each) => each.action === action);
    if (form === undefined) throw new Error(`there is no form for ${action}`);
    return Object.fromEntries(form.fields);
  };
  const fields = formOf(findForms(actor, await shown(), shown), `${page}/preview`);
  const preview = await actor.portal.submit(`${page}/preview`, fields);
  await actor.portal.submit(page, formOf(findForms(actor, preview, shown), page));
}

/** Starts a job that only a sweep would finish. Returns its page. */
async function startJobs(root: string, { portal }: TestOperator): Promise<string[]> {
  const { html } = await portal.get(`${root}/data`);
  const fields = hiddenFields(html, `${root}/data`);
  const { location } = await portal.submit(`${root}/data`, { kind: "verify", ...fields });
  return location === null ? [] : [location];
}

/** Creates three bulk jobs: with a preview, done, and done but for a customer who changed. Returns their pages. */
async function startBulkJobs({ origin, projectId }: World, actor: Actor): Promise<string[]> {
  const { portal } = actor;
  const root = `/p/${projectId}/test`;
  const runUntil = (page: string, form: string) =>
    eventually(async () => {
      await fetch(`${origin}/__dev/cron`, { method: "POST" });
      expect((await portal.get(page)).html).toContain(`action="${page}/${form}"`);
    });
  const preview = async (subjectRef: string) => {
    const { html } = await portal.get(`${root}/bulk/new`);
    const grant = { action: "grant", product_code: "CREDITS_1000", reason: "incident", text: "fuzz" };
    const fields = { ...hiddenFields(html, `${root}/bulk`), ...grant, refs: subjectRef };
    const { location } = await portal.submit(`${root}/bulk`, fields);
    if (location === null) throw new Error("no bulk job was created");
    await runUntil(location, "start");
    return location;
  };
  const start = async (page: string, next: "undo" | "preview") => {
    await portal.submit(`${page}/start`, hiddenFields((await portal.get(page)).html, `${page}/start`));
    await runUntil(page, next);
    return page;
  };
  const ready = await preview("user_dead");
  const done = await start(await preview("user_held"), "undo");
  const outdated = await preview("user_dead");
  await grant(actor, `${root}/customers/user_dead/grant`);
  return [ready, done, await start(outdated, "preview")];
}

/** Makes links that a stranger opens: an invitation and a reset of a password. */
async function makeLinks(world: World, { portal }: TestOperator): Promise<string[]> {
  const email = `linked-${randomBytes(4).toString("hex")}@tests.example`;
  const invitation = await inviteOperator(portal, "viewer", email);
  const forgetful = await newOperator("viewer", world.accountId);
  const links = [...(await portal.get("/team")).html.matchAll(/\/team\/reset\/\w+/g)].map(([link]) => link);
  const pages = await Promise.all(links.map(async (link) => [link, await portal.get(link)] as const));
  const [reset, page] = pages.find(([, { html }]) => html.includes(forgetful.email)) ?? [];
  if (reset === undefined || page === undefined) throw new Error("the team's page has no link to reset");
  const reply = await portal.submit(reset, hiddenFields(page.html, reset));
  return [invitation, /\/reset\/[0-9a-z]+(?=<)/.exec(reply.html)?.[0] ?? ""];
}

/** Forms of one's own account, each of an operator whom the other forms do not need. */
async function findAccountForms(world: World): Promise<FoundForm[]> {
  const newActor = async (name: string, role: "owner" | "viewer" = "viewer") => {
    const operator = await newOperator(role, world.accountId);
    const { portal, password } = operator;
    return { operator, actor: { name, portal, types: { password, proof: password, current: password } } };
  };
  const self = await newActor("self");
  const elsewhere = new PortalClient(world.origin, place);
  await elsewhere.signIn(self.operator.email, self.operator.password);
  const enrolling = await newActor("enrolling");
  const offer = () =>
    enrolling.actor.portal.post("/account/second-factor", { password: enrolling.operator.password });

  const twoFactors = await newActor("two factors");
  await turnOnSecondFactor(twoFactors.operator);
  const { email, password } = twoFactors.operator;
  const half: Actor = { name: "half signed in", portal: new PortalClient(world.origin, place), types: {} };
  await half.portal.post("/sign-in", { email, password });
  const showCode = () => half.portal.get("/sign-in/code");

  const unfinished = await newActor("unfinished");
  await turnOnSecondFactor(unfinished.operator);
  await provision(world.origin, "ageProof", unfinished.operator.email, null);
  const showSecond = () => unfinished.actor.portal.get("/second-factor");

  const aged = await newActor("aged", "owner");
  const customer = `/p/${world.projectId}/test/customers/user_fuzz`;
  const showProof = async () => {
    // A form that proved the identity would make this the export itself.
    await provision(world.origin, "ageProof", aged.operator.email, 31 * 60_000);
    return aged.actor.portal.post(`${customer}/export`);
  };

  return [
    ...(await walkPages(self.actor, ["/account", "/account/second-factor", "/team"], 1)),
    ...(await walkPages(twoFactors.actor, ["/account/second-factor"], 1)),
    ...findForms(enrolling.actor, await offer(), offer),
    ...findForms(half, await showCode(), showCode),
    ...findForms(unfinished.actor, await showSecond(), showSecond),
    ...findForms(aged.actor, await showProof(), showProof),
  ];
}

/** A preview shows the form that applies it. */
async function findPreviewForms(forms: FoundForm[]): Promise<FoundForm[]> {
  const found: FoundForm[] = [];
  for (const { actor, route, action, fields } of forms) {
    if (!route.path.endsWith("/preview")) continue;
    const show = () => actor.portal.post(action, Object.fromEntries(fields));
    found.push(...findForms(actor, await show(), show));
  }
  return found;
}
