import { randomBytes } from "node:crypto";
import type { Mode } from "../../shared/contract/enums.ts";
import type { Role } from "../../shared/contract/roles.ts";
import { demoProducts } from "./demo-products.ts";
import { hiddenField, PortalClient, sentencesOf } from "./portal-client.ts";
import type { OperatorEntry } from "./stack-file.ts";

export interface Demo {
  /** The owner's session. */
  portal: PortalClient;
  projectId: string;
  support: PortalClient;
  operators: OperatorEntry[];
}

/** Creates the account, the project `demo` and its operators, by the portal's forms. */
export async function setUpDemo({
  origin,
  setupToken,
}: {
  origin: string;
  setupToken: string;
}): Promise<Demo> {
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
  await returnToShop(portal, projectId, "demo");
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
  return { portal, projectId, support: support.portal, operators: [owner, support.entry, viewer.entry] };
}

/** Saves the settings of a project, so that its checkouts return to the shop of the stack. */
export async function returnToShop(portal: PortalClient, projectId: string, name: string): Promise<void> {
  const settings = await portal.get(`/p/${projectId}/test/settings`);
  await portal.submit(`/p/${projectId}/test/settings`, {
    version: hiddenField(settings.html, "version"),
    name,
    success_url: `${portal.origin}/__dev/shop`,
    cancel_url: "",
    grace_days: "0",
  });
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

/** Creates the demo's products, on these prices by product code, and an API key, which it returns. */
export async function seedProductsAndKey(
  { portal, projectId }: Demo,
  mode: Mode,
  prices: ReadonlyMap<string, string>,
): Promise<string> {
  const path = `/p/${projectId}/${mode}`;
  for (const { code, form, allowance } of demoProducts) {
    await portal.submit(`${path}/products`, { product_code: code, ...form, price: prices.get(code) ?? "" });
    if (allowance === undefined) continue;
    await portal.submit(`${path}/products/${code}/allowance`, { terms_version: "0", ...allowance });
  }
  const lowAt = { low_balance: "10", low_balance_in: "percent", expiring_days: "" };
  await portal.submit(`${path}/products/CREDITS_1000/signals`, lowAt);
  const keyId = hiddenField((await portal.get(`${path}/keys`)).html, "key_id");
  const { html } = await portal.submit(`${path}/keys`, { key_id: keyId, name: "Demo backend", expires: "" });
  const apiKey = new RegExp(`lz_${mode}_[0-9a-z]+(?=<)`).exec(html)?.[0];
  if (apiKey === undefined) throw new Error(`No API key: ${sentencesOf(html)}`);
  return apiKey;
}
