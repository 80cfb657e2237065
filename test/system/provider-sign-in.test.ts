import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { hiddenFields, PortalClient } from "../../dev/seed/portal-client.ts";
import { type Stack, startStack } from "../../dev/stack/stack.ts";
import { OpenIdProvider } from "./openid-provider.ts";
import { buildTotpCode, inviteOperator } from "./operators.ts";

const provider = new OpenIdProvider();
const ownerPassword = "a sentence that nobody guesses";
let stateDir: string;
let stack: Stack;
let boss: PortalClient;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "licenzy-providers-"));
  const logFile = join(stateDir, "workers.log");
  stack = await startStack({
    port: 0,
    stateDir,
    cronEveryMs: 0,
    logFile,
    alterWorkers: (workers) => provider.servePortal(workers),
  });
  boss = new PortalClient(stack.origin);
  const owner = { name: "Owner", account: "Acme", project: "p", region: "weur", email: "boss@tests.example" };
  await boss.submit("/setup", { token: stack.secrets.setupToken, password: ownerPassword, ...owner });
}, 120_000);
afterAll(async () => {
  await stack.stop();
  await rm(stateDir, { recursive: true, force: true });
});

const address = () => `${randomBytes(6).toString("hex")}@tests.example`;

/** Starts a sign-in with the provider. Returns the URL that the portal redirects the browser to. */
async function begin(browser: PortalClient, name: string, next?: string): Promise<string> {
  const { location } = await browser.submit(`/sign-in/with/${name}`, next === undefined ? {} : { next });
  return location ?? "";
}

const pathOf = ({ pathname, search }: URL) => pathname + search;

/** Follows a callback that the portal must reject. Returns the HTML of the sign-in page. */
async function refusalOf(browser: PortalClient, back: URL): Promise<string> {
  const { location } = await browser.get(pathOf(back));
  expect(location).toMatch(/\/sign-in\?error=/);
  expect((await browser.get("/account")).location).toMatch(/^\/sign-in/);
  return (await browser.get(pathOf(new URL(location ?? "", stack.origin)))).html;
}

describe.each(["google", "microsoft"])("sign-in with %s", (name) => {
  it("the sign-in page offers a provider only when it is configured", async () => {
    const button = `action="/sign-in/with/${name}"`;
    expect((await new PortalClient(stack.origin).get("/sign-in")).html).toContain(button);
    const elsewhere = new PortalClient(inject("origin"));
    expect((await elsewhere.get("/sign-in")).html).not.toContain(button);
    expect((await elsewhere.post(`/sign-in/with/${name}`)).status).toBe(404);
  });

  it("provider sign-in lets an invited person join and requires a second factor", async () => {
    const claims = { email: address(), email_verified: true };
    const link = await inviteOperator(boss, "support", claims.email);
    const browser = new PortalClient(stack.origin);
    const back = provider.agree(await begin(browser, name, link), claims);
    expect((await browser.get(pathOf(back))).location).toContain(link);
    expect((await browser.get(link)).html).toContain("Join as Somebody");
    expect((await browser.submit(link)).location).toBe("/");
    expect((await browser.get("/")).location).toBe("/second-factor");
    expect((await browser.get("/second-factor")).location).toBe("/account/second-factor");
    expect((await browser.get("/team")).location).toBe("/account/second-factor");
    const offer = await browser.submit("/account/second-factor");
    const secret = /id="totp-secret">([A-Z2-7]+)</.exec(offer.html)?.[1] ?? "";
    await browser.submit("/account/second-factor/confirm", { code: buildTotpCode(secret) });
    expect((await browser.get("/team")).status).toBe(200);

    const again = new PortalClient(stack.origin);
    await again.get(pathOf(provider.agree(await begin(again, name), claims)));
    expect((await again.get("/team")).location).toBe("/second-factor");
    expect((await again.post("/second-factor", { code: "000000" })).status).toBe(422);
    await again.submit("/second-factor", { code: buildTotpCode(secret, 1) });
    expect((await again.get("/team")).status).toBe(200);
  });

  it("provider sign-in is refused with an explanation when the person was not invited", async () => {
    const browser = new PortalClient(stack.origin);
    for (const next of [undefined, "/invitations/guessed"]) {
      const back = provider.agree(await begin(browser, name, next), {
        email: address(),
        email_verified: true,
      });
      expect(await refusalOf(browser, back)).toContain("No operator has this email");
    }
  });

  it("provider sign-in is refused when the provider has not verified the invited address", async () => {
    const email = address();
    const link = await inviteOperator(boss, "support", email);
    for (const claims of [{ email, email_verified: false }, { email }]) {
      const browser = new PortalClient(stack.origin);
      const back = provider.agree(await begin(browser, name, link), claims);
      expect(await refusalOf(browser, back)).toContain("is not verified by the provider");
    }
  });

  it("a provider's account signs in only after its operator linked it on purpose, and no more once unlinked", async () => {
    const email = "boss@tests.example";
    const claims = { email, email_verified: true };
    const signInWith = async () => {
      const browser = new PortalClient(stack.origin);
      const back = provider.agree(await begin(browser, name), claims);
      return { browser, back };
    };
    const unlinked = await signInWith();
    expect(await refusalOf(unlinked.browser, unlinked.back)).toContain("has not linked this account");

    const link = async (as: { email: string; email_verified: boolean }) => {
      const start = await boss.submit("/account/providers/link", { provider: name });
      const { location } = await boss.get(pathOf(provider.agree(start.location ?? "", as)));
      return (await boss.get(location?.replace(stack.origin, "") ?? "")).html;
    };
    expect(await link({ email: address(), email_verified: true })).toContain("another email address");
    expect(await link({ email, email_verified: false })).toContain("not verified there");
    const account = await link(claims);
    const row = account.slice(account.indexOf("Linked accounts"));
    expect(row).toContain(name === "google" ? ">Google</td>" : ">Microsoft</td>");

    const linked = await signInWith();
    expect((await linked.browser.get(pathOf(linked.back))).location).toBe("/");
    expect((await linked.browser.get("/second-factor")).location).toBe("/");
    expect((await linked.browser.get("/team")).status).toBe(200);

    await boss.submit("/account/providers/unlink", hiddenFields(account, "/account/providers/unlink"));
    expect((await linked.browser.get("/team")).location).toMatch(/^\/sign-in/);
    const again = await signInWith();
    expect(await refusalOf(again.browser, again.back)).toContain("has not linked this account");
    const { html: log } = await boss.get("/audit/export");
    for (const action of ["operator.link_provider", "operator.unlink_provider"])
      expect(log.split("\n").find((line) => line.includes(action))).toContain(`""provider"":""${name}""`);
  });

  it("a provider's account that is the only way to sign in can't be unlinked", async () => {
    const claims = { email: address(), email_verified: true };
    const link = await inviteOperator(boss, "support", claims.email);
    const browser = new PortalClient(stack.origin);
    await browser.get(pathOf(provider.agree(await begin(browser, name, link), claims)));
    await browser.submit(link);
    await browser.get("/second-factor");
    const { html } = await browser.get("/account");
    await browser.submit("/account/providers/unlink", hiddenFields(html, "/account/providers/unlink"));
    expect((await browser.get("/account")).html).toContain("no other way to sign in");
  });

  it("provider sign-in rejects a forged state and a state or code of another sign-in", async () => {
    const claims = { email: address(), email_verified: true };
    const link = await inviteOperator(boss, "support", claims.email);
    const [browser, other] = [new PortalClient(stack.origin), new PortalClient(stack.origin)];

    const forged = provider.agree(await begin(browser, name, link), claims);
    forged.searchParams.set("state", "guessed");
    expect(await refusalOf(browser, forged)).toContain("started in another browser");

    const stolen = provider.agree(await begin(other, name, link), claims);
    expect(await refusalOf(browser, stolen)).toContain("started in another browser");

    // The code carries the challenge of the other request, so PKCE rejects it.
    const own = provider.agree(await begin(browser, name, link), claims);
    const foreign = provider.agree(await begin(other, name, link), claims);
    own.searchParams.set("code", foreign.searchParams.get("code") ?? "");
    expect(await refusalOf(browser, own)).toContain("The provider did not sign you in");
  });
});
