import { randomBytes } from "node:crypto";
import { beforeAll, expect, it } from "vitest";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { provision } from "../../dev/seed/provision.ts";
import { newId } from "../../shared/kit/ids.ts";
import { routes } from "../../workers/portal/routes.ts";
import { readFormFields, toText } from "./forms.ts";
import { inviteOperator, newOperator, type TestOperator } from "./operators.ts";
import { newReceiver, WebhookOperations } from "./receiver.ts";
import { fetchTables } from "./tables.ts";
import { newKey, newWorld, type World } from "./world.ts";

let world: World;
let owner: TestOperator;
let root: string;

beforeAll(async () => {
  world = await newWorld();
  owner = await newOperator("owner", world.accountId);
  root = `/p/${world.projectId}/test`;
});

interface Scene {
  path: string;
  fields?: Record<string, string>;
  /** Who sends the form, when it is not the owner. */
  operator?: TestOperator;
}

const idIn = (html: string, pattern: RegExp) => pattern.exec(html)?.[1] ?? "";

async function newEndpoint(): Promise<string> {
  const receiver = await newReceiver();
  const { endpointId } = await WebhookOperations.forWorld(world).create(receiver.url);
  await receiver.close();
  return endpointId;
}

/** Builds a form for each confirmed route, by its path. Later ones end the key and products that earlier ones need. */
const scenes: Record<string, () => Promise<Scene>> = {
  "/p/:project/:mode/shadow/clear": async () => {
    await world.api.post("/v1/access/shadow", { subject_ref: "user_let_in", allowed: true });
    const path = `${root}/shadow/clear`;
    await expect.poll(async () => (await owner.portal.get(`${root}/shadow`)).html).toContain(path);
    return { path };
  },
  "/p/:project/:mode/go-live/copy/:code": async () => {
    const live = new PocketStripe(world.origin, `sk_live_${randomBytes(8).toString("hex")}`);
    const connection = { apiKey: live.apiKey, origin: world.origin };
    await provision(world.origin, "connectStripe", world.projectId, "live", connection);
    const stripePriceId = await live.createPrice("Day pass", 500);
    const twin = {
      productCode: "DAY_PASS",
      name: "Day pass",
      stripePriceId,
      kind: "time_pass",
      durationDays: 2,
    };
    await provision(world.origin, "createProduct", world.projectId, "live", twin);
    const path = `/p/${world.projectId}/live/go-live/copy/DAY_PASS`;
    return { path, fields: { ...readFormFields(await owner.portal.get(path), path), price: stripePriceId } };
  },
  "/account/sessions/end": async () => {
    const operator = await newOperator("viewer", world.accountId);
    const { email, password } = operator;
    await operator.portal.signIn(email, password);
    return { path: "/account/sessions/end", fields: { session: "others" }, operator };
  },
  "/projects/archive": async () => {
    const project_id = newId("prj");
    await owner.portal.submit("/projects", { project_id, name: "old", region: "weur" });
    return { path: "/projects/archive", fields: { project: project_id } };
  },
  "/team/invitations/revoke": async () => {
    const email = `${randomBytes(6).toString("hex")}@tests.example`;
    await inviteOperator(owner.portal, "viewer", email);
    const { html } = await owner.portal.get("/team");
    return {
      path: "/team/invitations/revoke",
      fields: readFormFields({ html } as never, "/team/invitations/revoke"),
    };
  },
  "/team/role": async () => {
    const operator = await newOperator("owner", world.accountId);
    const { html } = await operator.portal.get("/team");
    const operatorId = idIn(
      html,
      new RegExp(`${operator.email}[\\s\\S]*?name="operator" value="(opr_\\w+)"`),
    );
    return { path: "/team/role", fields: { operator: operatorId, from: "owner", role: "viewer" }, operator };
  },
  "/team/remove": async () => {
    const operator = await newOperator("viewer", world.accountId);
    const { html } = await owner.portal.get("/team");
    const operatorId = idIn(
      html,
      new RegExp(`${operator.email}[\\s\\S]*?name="operator" value="(opr_\\w+)"`),
    );
    return { path: "/team/remove", fields: { operator: operatorId } };
  },
  "/team/leave": async () => ({
    path: "/team/leave",
    operator: await newOperator("viewer", world.accountId),
  }),
  "/plan": async () => ({ path: "/plan", fields: { plan: "lapsed" } }),
  "/p/:project/:mode/customers/:subject/notes/:note/delete": async () => {
    const customer = `${root}/customers/user_noted`;
    const note_id = newId("note");
    await owner.portal.submit(`${customer}/notes`, { note_id, note: "A note" });
    return { path: `${customer}/notes/${note_id}/delete` };
  },
  "/p/:project/:mode/products/:code/archive": async () => ({ path: `${root}/products/DAY_PASS/archive` }),
  "/p/:project/:mode/keys/:key/revoke": async () => ({ path: `${root}/keys/${world.keyId}/revoke` }),
  "/p/:project/:mode/stripe/webhook": async () => ({ path: `${root}/stripe/webhook` }),
  "/p/:project/:mode/webhooks/:endpoint/disable": async () => ({
    path: `${root}/webhooks/${await newEndpoint()}/disable`,
  }),
  "/p/:project/:mode/webhooks/:endpoint/delete": async () => ({
    path: `${root}/webhooks/${await newEndpoint()}/delete`,
  }),
  "/p/:project/:mode/alerts/channels/:channel/delete": async () => {
    const channel_id = newId("chn");
    const receiver = await newReceiver();
    const channel = { channel_id, kind: "webhook", address: receiver.url };
    await owner.portal.submit(`${root}/alerts/channels`, channel);
    await receiver.close();
    return { path: `${root}/alerts/channels/${channel_id}/delete` };
  },
  "/p/:project/:mode/settings/rate-limit": async () => ({
    path: `${root}/settings/rate-limit`,
    fields: { rate_limit: "100" },
  }),
  "/p/:project/:mode/settings/link-secret": async () => {
    const path = `${root}/customers/user_denied/recovery-link`;
    await owner.portal.submit(path, { link_id: newId("lnk"), days: "1" });
    return { path: `${root}/settings/link-secret`, fields: { secret_version: "1" } };
  },
  "/p/:project/:mode/settings/signals": async () => ({
    path: `${root}/settings/signals`,
    fields: { low_balance: "10", low_balance_in: "percent", expiring_days: "3" },
  }),
  "/p/:project/:mode/products/:code/signals": async () => ({
    path: `${root}/products/PRO_MONTHLY/signals`,
    fields: { low_balance: "", low_balance_in: "percent", expiring_days: "3" },
  }),
  "/p/:project/:mode/products/:code/allowance": async () => {
    const path = `${root}/products/PRO_MONTHLY/allowance`;
    const { html } = await owner.portal.get(`${root}/products/PRO_MONTHLY`);
    const units = { included_units: "1000", every: "month", rollover_windows: "0" };
    return { path, fields: { ...readFormFields({ html } as never, path), ...units } };
  },
};

/** These need a provider (test/system/provider-sign-in.test.ts), or a report (test/system/access-audit.test.ts). */
const elsewhere = [
  "/account/providers/unlink",
  "/p/:project/:mode/access-audit/:audit/import",
  "/p/:project/:mode/access-audit/:audit/continue",
];

const confirmed = routes.filter(({ confirm }) => confirm !== undefined).map(({ path }) => path);

it("each confirmed route has a scene here", () => {
  expect([...Object.keys(scenes), ...elsewhere].toSorted()).toEqual(confirmed.toSorted());
});

/** What an operator's change writes in any case. */
async function countAudited(): Promise<string> {
  const { audit_log, ...others } = await fetchTables(world);
  expect(Object.keys(others).length).toBeGreaterThan(5);
  return audit_log?.digest ?? "none";
}

it.each(Object.keys(scenes))("the form of %s acts only after its confirmation", async (name) => {
  const scene = await scenes[name]?.();
  if (scene === undefined) throw new Error(`no scene for ${name}`);
  const { path, fields = {}, operator = owner } = scene;
  const before = await countAudited();

  const shown = await operator.portal.post(path, fields);
  expect({ path, status: shown.status, text: toText(shown) }).toMatchObject({ status: 200 });
  const form = readFormFields(shown, path);
  expect(form).toMatchObject({ ...fields, confirmed: "yes" });
  // A script's request never acts, not even with a confirmation.
  const preview = await operator.portal.post(path, form, { "Licenzy-Confirmation": "show" });
  expect(preview.html).toContain('name="confirmed"');
  expect(await countAudited()).toBe(before);

  const done = await operator.portal.post(path, form);
  expect({ path, status: done.status, text: toText(done) }).toMatchObject({ status: 303 });
  expect(await countAudited()).not.toBe(before);
});

it("a form that takes nothing away is not confirmed, and a script's request for it does nothing", async () => {
  await provision(world.origin, "setPlanStatus", world.accountId, "none");
  const preview = await owner.portal.post("/plan", { plan: "trial" }, { "Licenzy-Confirmation": "show" });
  expect([preview.status, (await owner.portal.get("/plan")).html.includes(">Trial</span>")]).toEqual([
    204,
    false,
  ]);
  expect((await owner.portal.post("/plan", { plan: "trial" })).status).toBe(303);
  expect((await owner.portal.get("/plan")).html).toContain(">Trial</span>");
});

it.each([
  "customers/user_1/erase",
  "keys/KEY/rotate",
  "webhooks/ENDPOINT/enable",
  "webhooks/ENDPOINT/rotate",
  "webhooks/ENDPOINT/replay",
  "deliveries/requeue",
])("the form of %s acts only with what its own page sends", async (page) => {
  const { keyId } = await newKey(world.origin, world.projectId, "test");
  const endpointId = await newEndpoint();
  const path = `${root}/${page.replace("KEY", keyId).replace("ENDPOINT", endpointId)}`;
  await expect.poll(async () => (await owner.portal.get(path)).status).toBe(200);
  const before = await countAudited();
  const { status } = await owner.portal.post(path, { confirmed: "yes" });
  expect([404, 409, 422]).toContain(status);
  expect(await countAudited()).toBe(before);
});
