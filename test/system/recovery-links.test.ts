import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { hiddenField } from "../../dev/seed/portal-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import { newId } from "../../shared/kit/ids.ts";
import { toText } from "./forms.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { advanceClock, purchase } from "./stripe-world.ts";
import { newWorld, type World } from "./world.ts";

let world: World;
let support: TestOperator;
let admin: TestOperator;

beforeAll(async () => {
  world = await newWorld();
  support = await newOperator("support", world.accountId);
  admin = await newOperator("admin", world.accountId);
});

const newRef = () => `user_${randomBytes(6).toString("hex")}`;
const customerPath = (ref: string, of = world) => `/p/${of.projectId}/test/customers/${ref}`;

/** Creates a link for the customer in the portal, and returns its address. */
async function newLink(ref: string, { operator = support, days = "7", of = world } = {}): Promise<string> {
  const fields = { link_id: newId("lnk"), days };
  const page = await operator.portal.submit(`${customerPath(ref, of)}/recovery-link`, fields);
  return /id="recovery-link">([^<]+)</.exec(page.html)?.[1] ?? "";
}

const open = (link: string, method = "GET") => fetch(link, { method, redirect: "manual" });
const press = (link: string) => open(link, "POST");
const titleOf = async (response: Response) => /<h1>([^<]+)</.exec(await response.text())?.[1];

async function reasonOf(subject_ref: string): Promise<unknown> {
  const { body } = await world.api.check(subject_ref);
  return body.allowed ? "allowed" : body.reason;
}

/** A customer without units. */
async function usedUp(): Promise<string> {
  const ref = newRef();
  await purchase(world, ref, "CREDITS_1000");
  await expect.poll(() => reasonOf(ref)).toBe("allowed");
  await world.api.consume(ref, 1_000, randomBytes(8).toString("hex"));
  expect(await reasonOf(ref)).toBe("usage_exhausted");
  return ref;
}

async function sessionsOf(): Promise<string[]> {
  const { data } = await world.stripe.client.checkout.sessions.list({ limit: 100 });
  return data.map(({ id }) => id);
}

const timelineOf = async (ref: string, show = "recovery") =>
  toText(await admin.portal.get(`${customerPath(ref)}?show=${show}`));

describe("a recovery link", () => {
  it("is created by support, and leads the customer to a checkout when the button is pressed", async () => {
    const ref = await usedUp();
    const link = await newLink(ref);
    expect(link).toMatch(/^http:\/\/[^/]+\/r\/[0-9a-z]{54}$/);
    const page = await open(link);
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain("Restore your access");
    for (const data of [ref, "CREDITS", world.projectId, "1,000 credits"]) expect(html).not.toContain(data);
    const pressed = await press(link);
    expect(pressed.status).toBe(303);
    const { pathname } = new URL(pressed.headers.get("Location") ?? "");
    expect(pathname).toContain("/pocket-stripe/pay/cs_");
    await world.stripe.pay(pathname.split("/").at(-1) ?? "");
    await expect.poll(() => reasonOf(ref)).toBe("allowed");
    expect(await titleOf(await press(link))).toBe("Your access is active");
    await expect.poll(() => timelineOf(ref)).toContain("Access restored after the recovery link");
    const timeline = await timelineOf(ref);
    expect(timeline).toContain("Recovery link opened by the customer Led to: buy in a checkout");
    expect(timeline).toMatch(/Recovery link created by [0-9a-f]{12}/);
  });

  it("a scanner or preview that opens the link creates no session and does not open it", async () => {
    const ref = await usedUp();
    const link = await newLink(ref);
    const before = await sessionsOf();
    for (const method of ["GET", "HEAD", "GET"]) expect((await open(link, method)).status).toBe(200);
    expect(await sessionsOf()).toEqual(before);
    expect(await timelineOf(ref)).not.toContain("Recovery link opened");
  });

  it("is kept from caches, indexes, referrers and frames", async () => {
    const { headers } = await open(await newLink(await usedUp()));
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(headers.get("X-Robots-Tag")).toContain("noindex");
    expect(headers.get("Referrer-Policy")).toBe("no-referrer");
    const policy = headers.get("Content-Security-Policy") ?? "";
    for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"])
      expect(policy).toContain(part);
    expect(policy).not.toContain("unsafe");
  });

  it("pressed in two tabs and again, opens one checkout", async () => {
    const link = await newLink(await usedUp());
    const before = await sessionsOf();
    const targets = await Promise.all([press(link), press(link), press(link)]);
    const again = await press(link);
    const locations = [...targets, again].map(({ headers }) => headers.get("Location"));
    expect(new Set(locations).size).toBe(1);
    expect(locations[0]).toContain("/pay/cs_");
    expect((await sessionsOf()).length).toBe(before.length + 1);
  });

  it("opens another checkout when its first one has expired", async () => {
    const link = await newLink(await usedUp());
    const first = (await press(link)).headers.get("Location");
    await advanceClock(world.origin, 25 * 3_600);
    const [second, third] = await Promise.all([press(link), press(link)]);
    expect(second.headers.get("Location")).toContain("/pay/cs_");
    expect(second.headers.get("Location")).not.toBe(first);
    expect(third.headers.get("Location")).toBe(second.headers.get("Location"));
  });

  it("ends on its day", async () => {
    const link = await newLink(await usedUp(), { days: "1" });
    await advanceClock(world.origin, 86_400);
    for (const response of [await open(link), await press(link)]) {
      expect(response.status).toBe(410);
      expect(await titleOf(response)).toBe("This link has expired");
    }
  });

  it.each([
    ["a text that is no token", (link: string) => link.replace(/[^/]+$/, "none")],
    ["a changed signature", (link: string) => link.replace(/.$/, (end) => (end === "0" ? "4" : "0"))],
    ["an unknown nonce", (link: string) => link.replace(/(\/r\/..).{26}/, `$1${newId("lnk").slice(4)}`)],
  ])("%s opens nothing", async (_, change) => {
    const link = change(await newLink(await usedUp()));
    for (const response of [await open(link), await press(link)]) {
      expect(response.status).toBe(404);
      expect(await titleOf(response)).toBe("This link doesn&#39;t work");
    }
  });

  it("a form that is sent twice creates one link, and shows it again", async () => {
    const ref = await usedUp();
    const fields = { link_id: newId("lnk"), days: "7" };
    const path = `${customerPath(ref)}/recovery-link`;
    const pages = [await support.portal.submit(path, fields), await support.portal.submit(path, fields)];
    const links = pages.map(({ html }) => /id="recovery-link">([^<]+)</.exec(html)?.[1]);
    expect(links[0]).toBe(links[1]);
    expect((await timelineOf(ref)).match(/Recovery link created/g)).toHaveLength(1);
  });

  it("leads to contact support for a reason that no payment lifts", async () => {
    const ref = await usedUp();
    const other = newRef();
    const { paymentIntent } = await purchase(world, other, "DAY_PASS");
    await expect.poll(() => reasonOf(other)).toBe("allowed");
    await world.stripe.control("disputes", { payment_intent: paymentIntent });
    await expect.poll(() => reasonOf(other)).toBe("payment_disputed");
    const response = await press(await newLink(other));
    expect([response.status, await titleOf(response)]).toEqual([200, "Contact support"]);
    expect((await press(await newLink(ref))).status).toBe(303);
  });

  it("an archived product or a missing success URL leads to contact support, not to an error", async () => {
    const bare = await newWorld({ successUrl: null });
    const operator = await newOperator("support", bare.accountId);
    const ref = newRef();
    const page = await operator.portal.get(`${customerPath(ref, bare)}/recovery-link`);
    expect(toText(page)).toContain("No active product can be sold to this customer");
    const link = await newLink(ref, { operator, of: bare });
    expect(await titleOf(await press(link))).toBe("Contact support");
  });

  it("names the permission that the Stripe key lacks in the timeline", async () => {
    const other = await newWorld();
    const operator = await newOperator("admin", other.accountId);
    const ref = newRef();
    const reason = async () => (await other.api.check(ref)).body.reason;
    const { subscription } = await purchase(other, ref, "PRO_MONTHLY");
    await expect.poll(async () => (await other.api.check(ref)).body.allowed).toBe(true);
    await other.stripe.control(`subscriptions/${subscription}`, { next_payment: "fail" });
    await other.stripe.control(`subscriptions/${subscription}`, { renew: "now" });
    await expect.poll(reason).toBe("payment_past_due");
    const apiKey = `rk_test_${other.stripe.apiKey.split("_")[2]}`;
    await provision(other.origin, "connectStripe", other.projectId, "test", { apiKey, origin: other.origin });
    await other.stripe.control("keys", { key: apiKey, missing: ["rak_invoice_read"] });
    const pressed = await press(await newLink(ref, { operator, of: other }));
    expect(pressed.headers.get("Location")).toContain("/pocket-stripe/portal/");
    const timeline = toText(await operator.portal.get(`${customerPath(ref, other)}?show=recovery`));
    expect(timeline).toContain(
      "Led to: update the payment method · the Stripe key lacks the permission Invoices: Read",
    );
  });

  it("is refused to a viewer, and for a customer who has access", async () => {
    const ref = await usedUp();
    const viewer = await newOperator("viewer", world.accountId);
    const path = `${customerPath(ref)}/recovery-link`;
    expect((await viewer.portal.post(path, { link_id: newId("lnk"), days: "7" })).status).toBe(403);
    const page = (await viewer.portal.get(customerPath(ref))).html;
    expect(page).not.toContain("Send recovery link");
    const paying = newRef();
    await purchase(world, paying, "CREDITS_1000");
    await expect.poll(() => reasonOf(paying)).toBe("allowed");
    const refused = await support.portal.post(`${customerPath(paying)}/recovery-link`, {
      link_id: newId("lnk"),
      days: "7",
    });
    expect(refused.status).toBe(409);
    expect(toText(refused)).toContain("there is nothing to recover");
  });

  it.each(["0", "15", "400", "x", ""])("never works for %s days", async (days) => {
    const path = `${customerPath(await usedUp())}/recovery-link`;
    expect((await support.portal.post(path, { link_id: newId("lnk"), days })).status).toBe(422);
  });

  it("is revoked with all others by rotating the secret, once per form", async () => {
    const [one, two] = [await usedUp(), await usedUp()];
    const links = [await newLink(one), await newLink(two)];
    const settings = `/p/${world.projectId}/test/settings`;
    const { html } = await admin.portal.get(settings);
    const fields = { secret_version: hiddenField(html, "secret_version") };
    const question = await admin.portal.post(`${settings}/link-secret`, fields);
    expect(toText(question)).toContain("Rotate the link secret?");
    expect((await open(links[0] ?? "")).status).toBe(200);
    await admin.portal.submit(`${settings}/link-secret`, fields);
    for (const link of links) {
      const response = await press(link);
      expect([response.status, await titleOf(response)]).toEqual([410, "This link was revoked"]);
    }
    const again = await admin.portal.post(`${settings}/link-secret`, { ...fields, confirmed: "yes" });
    expect(again.status).toBe(409);
    expect(await timelineOf(one)).toContain("Revoked");
    expect((await press(await newLink(one))).status).toBe(303);
  });

  it("works in the mode and project that it was made in: the overview counts it by reason", async () => {
    const other = await newWorld();
    const operator = await newOperator("admin", other.accountId);
    const ref = newRef();
    await purchase(other, ref, "CREDITS_1000");
    const allowed = async () => (await other.api.check(ref)).body.allowed;
    await expect.poll(allowed).toBe(true);
    await other.api.consume(ref, 1_000, "all");
    const pressed = await press(await newLink(ref, { operator, of: other }));
    await other.stripe.pay(pressed.headers.get("Location")?.split("/").at(-1) ?? "");
    await expect.poll(allowed).toBe(true);
    const overview = async () => toText(await operator.portal.get(`/p/${other.projectId}/test`));
    await expect.poll(overview).toMatch(/No units left 1 1 1/);
  });

  it("a customer who was erased has no link, and an old one opens nothing", async () => {
    const ref = await usedUp();
    const link = await newLink(ref);
    const owner = await newOperator("owner", world.accountId);
    await owner.portal.submit(`${customerPath(ref)}/erase`, {
      erasure_id: newId("ers"),
      reason: "customer_request",
      text: "Request by email",
      confirmation: ref,
    });
    await expect.poll(async () => (await open(link)).status).toBe(404);
  });

  it.each([
    ["an address", () => "203.0.113.77"],
    ["a network with many addresses", (index: number) => `2001:db8:7:7::${index.toString(16)}`],
  ])("%s that sends many requests is refused for a while", async (_, addressOf) => {
    const link = await newLink(await usedUp());
    const send = async (_request: unknown, index: number) =>
      (await fetch(link, { headers: { "CF-Connecting-IP": addressOf(index) } })).status;
    const statuses = await Promise.all(Array.from({ length: 90 }, send));
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  });
});
