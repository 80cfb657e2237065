import { randomBytes } from "node:crypto";
import type { Mode } from "../../shared/contract/enums.ts";
import type { Role } from "../../shared/contract/roles.ts";
import { ApiClient } from "./api-client.ts";
import { PocketStripe } from "./pocket-stripe.ts";
import { hiddenField, PortalClient, sentencesOf } from "./portal-client.ts";
import type { OperatorEntry, StackFile } from "./stack-file.ts";
import { seedStories } from "./stories.ts";
import { seedDeadDelivery, seedReceiver } from "./webhooks.ts";

/**
 * Creates the project `demo` with a subject for each situation that operators meet. Uses the product's own
 * interfaces: the portal's forms, the runtime API, and pocket Stripe's pay controls with the events that
 * follow.
 */
export async function seed({
  origin,
  setupToken,
}: {
  origin: string;
  setupToken: string;
}): Promise<StackFile> {
  const portal = new PortalClient(origin);
  const owner: OperatorEntry = { role: "owner", email: "owner@demo.example", password: newPassword() };
  const { location } = await portal.submit("/setup", {
    token: setupToken,
    name: "Dana Owner",
    email: owner.email,
    password: owner.password,
    account: "Demo",
    project: "demo",
    region: "weur",
  });
  const projectId = location?.split("/")[2] ?? "";
  const settings = await portal.get(`/p/${projectId}/test/settings`);
  await portal.submit(`/p/${projectId}/test/settings`, {
    version: hiddenField(settings.html, "version"),
    name: "demo",
    success_url: `${origin}/__dev/shop`,
    cancel_url: "",
    grace_days: "0",
  });
  const support = await inviteOperator(portal, {
    role: "support",
    name: "Sam Support",
    email: "support@demo.example",
  });
  const viewer = await inviteOperator(portal, {
    role: "viewer",
    name: "Vera Viewer",
    email: "viewer@demo.example",
  });
  const test = await seedMode(portal, projectId, "test");
  const live = await seedMode(portal, projectId, "live");
  const scope = { projectId, mode: "test" as const };
  const receiver = await seedReceiver(origin, scope);
  const api = new ApiClient(origin, test.apiKey);
  await seedDeadDelivery(api, test.stripe, scope, receiver);
  await seedStories(api, test.stripe, support.portal, `/p/${projectId}/test/customers`);
  return {
    origin,
    project_id: projectId,
    test_key: test.apiKey,
    live_key: live.apiKey,
    stripe: { test: test.connection, live: live.connection },
    receiver,
    operators: [owner, support.entry, viewer.entry],
  };
}

const newPassword = (): string => randomBytes(12).toString("base64url");

/** Creates an invitation and accepts it as the invited person would: by the link, in another session. */
export async function inviteOperator(
  owner: PortalClient,
  { role, name, email }: { role: Role; name: string; email: string },
): Promise<{ entry: OperatorEntry; portal: PortalClient }> {
  const team = await owner.get("/team");
  const invitationId = hiddenField(team.html, "invitation_id");
  const { html } = await owner.submit("/team/invitations", { invitation_id: invitationId, email, role });
  const path = /\/invitations\/[0-9a-z]+(?=<)/.exec(html)?.[0];
  if (path === undefined) throw new Error(`No invitation link: ${sentencesOf(html)}`);
  const password = newPassword();
  const portal = new PortalClient(owner.origin);
  await portal.submit(path, { name, password });
  return { entry: { role, email, password }, portal };
}

async function seedMode(portal: PortalClient, projectId: string, mode: Mode) {
  const { origin } = portal;
  const path = `/p/${projectId}/${mode}`;
  const stripe = new PocketStripe(origin, `sk_${mode}_demo0001`);
  await portal.submit(`${path}/stripe`, { api_key: stripe.apiKey });
  await portal.submit(`${path}/stripe/webhook`);
  await portal.submit(`${path}/products`, {
    product_code: "PRO_MONTHLY",
    name: "Pro, monthly",
    kind: "subscription",
    price: await stripe.createMonthlyPrice("Pro", 2_900),
  });
  await portal.submit(`${path}/products`, {
    product_code: "CREDITS_1000",
    name: "1,000 credits",
    kind: "usage_pack",
    price: await stripe.createPrice("1,000 credits", 4_900),
    units: "1000",
  });
  await portal.submit(`${path}/products`, {
    product_code: "DAY_PASS",
    name: "Day pass",
    kind: "time_pass",
    price: await stripe.createPrice("Day pass", 500),
    duration_days: "1",
  });
  const keyId = hiddenField((await portal.get(`${path}/keys`)).html, "key_id");
  const { html } = await portal.submit(`${path}/keys`, { key_id: keyId, name: "Demo backend", expires: "" });
  const apiKey = new RegExp(`lz_${mode}_[0-9a-z]+(?=<)`).exec(html)?.[0];
  if (apiKey === undefined) throw new Error(`No API key: ${sentencesOf(html)}`);
  return { apiKey, stripe, connection: await connectionOf(stripe, mode) };
}

/** Reads the connection from Stripe's webhook endpoint, because the portal shows the secret only once. */
async function connectionOf(stripe: PocketStripe, mode: Mode) {
  const { url, secret } = await stripe.webhookEndpoint(mode);
  return { connection_id: url.split("/").at(-1) ?? "", webhook_url: url, webhook_secret: secret };
}
