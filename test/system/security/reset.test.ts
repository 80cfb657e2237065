import { describe, expect, inject, it } from "vitest";
import { PortalClient, type PortalReply } from "../../../dev/seed/portal-client.ts";
import { provision } from "../../../dev/seed/provision.ts";
import {
  buildTotpCode,
  newOperator,
  signInAsOwner,
  type TestOperator,
  turnOnSecondFactor,
} from "../operators.ts";
import { newWorld } from "../world.ts";

const origin = () => inject("origin");
const newPassword = "a new passphrase of mine";
const resetPath = /\/reset\/[0-9a-z]{32}(?=\s|<|$)/;

async function operatorIdOf(portal: PortalClient, email: string): Promise<string> {
  const { html } = await portal.get("/team");
  return new RegExp(`${email}.*?name="operator" value="([^"]+)"`, "s").exec(html)?.[1] ?? "";
}

/** Creates a reset link for a member as `portal`. Returns its path. */
async function createLink(portal: PortalClient, email: string, scope = "password"): Promise<string> {
  const operatorId = await operatorIdOf(portal, email);
  const reply = await portal.submit(`/team/reset/${operatorId}`, { scope });
  return resetPath.exec(reply.html)?.[0] ?? "";
}

interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** The mails with a reset link, newest first. */
async function mailsTo(email: string): Promise<Mail[]> {
  const mails = (await (await fetch(`${origin()}/__dev/mail`)).json()) as Mail[];
  return mails.filter(({ to, subject }) => to === email && subject === "Choose a new Licenzy password");
}

const use = (path: string, password = newPassword): Promise<PortalReply> =>
  new PortalClient(origin()).post(path, { password });

const canSignIn = async ({ email }: TestOperator, password: string): Promise<boolean> => {
  const reply = await new PortalClient(origin()).post("/sign-in", { email, password });
  return reply.status === 303;
};

describe("a forgotten password", () => {
  it("is replaced by a link of an owner, which works once, is mailed, and ends every session", async () => {
    const operator = await newOperator("support");
    const path = await createLink(await signInAsOwner(), operator.email);
    const [mail] = await mailsTo(operator.email);
    expect(resetPath.exec(mail?.text ?? "")?.[0]).toBe(path);
    expect((await new PortalClient(origin()).get(path)).html).toContain(operator.email);
    expect((await use(path, "short")).status).toBe(422);
    expect(await canSignIn(operator, operator.password)).toBe(true);

    const replies = await Promise.all([use(path), use(path)]);
    expect(replies.map(({ status }) => status).toSorted()).toEqual([303, 404]);
    expect((await operator.portal.get("/account")).location).toMatch(/^\/sign-in/);
    expect(await canSignIn(operator, operator.password)).toBe(false);
    expect(await canSignIn(operator, newPassword)).toBe(true);
    const { html: log } = await (await signInAsOwner()).get(`/audit/export?who=${operator.email}`);
    expect(log).toContain("operator.reset_password");
    expect(log).not.toContain(path.split("/").at(-1));
  });

  it("is replaced without the second factor, unless the owner's link says so", async () => {
    const operator = await newOperator("support");
    await turnOnSecondFactor(operator);
    const boss = await signInAsOwner();
    await use(await createLink(boss, operator.email));
    const browser = new PortalClient(origin());
    expect(
      (await browser.submit("/sign-in", { email: operator.email, password: newPassword })).html,
    ).toContain("Enter the code from your app");
    await use(await createLink(boss, operator.email, "both"), `${newPassword} again`);
    expect(await canSignIn(operator, `${newPassword} again`)).toBe(true);
  });

  it("makes no browser known by a new password: only a complete sign-in does, with the code", async () => {
    const operator = await newOperator("support");
    const { secret } = await turnOnSecondFactor(operator);
    const path = await createLink(await signInAsOwner(), operator.email);
    const browser = new PortalClient(origin());
    const steps: [string, Record<string, string>][] = [
      [path, { password: newPassword }],
      ["/sign-in", { email: operator.email, password: newPassword }],
      ["/sign-in/code", { code: buildTotpCode(secret, 1) }],
    ];
    const known: boolean[] = [];
    for (const [target, fields] of steps) {
      await browser.submit(target, fields);
      known.push(browser.has("licenzy.browser"));
    }
    expect(known).toEqual([false, false, true]);
  });

  it("is mailed to a known browser even when strangers have used up the requests of its address", async () => {
    const operator = await newOperator("support");
    const { email, portal } = operator;
    const stranger = new PortalClient(origin(), { "CF-Connecting-IP": "203.0.113.81" });
    for (let index = 0; index < 3; index++) await stranger.post("/forgot-password", { email });
    await expect.poll(() => mailsTo(email)).toHaveLength(1);
    // Without an open link, only the limit of requests keeps another mail back.
    await use(resetPath.exec((await mailsTo(email))[0]?.text ?? "")?.[0] ?? "");
    await stranger.post("/forgot-password", { email });
    await portal.post("/forgot-password", { email });
    await expect.poll(() => mailsTo(email)).toHaveLength(2);
  });

  it("can't be replaced by an owner's own link, which would end their second factor", async () => {
    const { accountId } = await newWorld();
    const { email, portal } = await newOperator("owner", accountId);
    const operatorId = await operatorIdOf(portal, email);
    expect((await portal.get("/team")).html).not.toContain("Reset sign-in…");
    expect((await portal.get(`/team/reset/${operatorId}`)).location).toBe("/account");
    const reply = await portal.post(`/team/reset/${operatorId}`, { scope: "both" });
    expect(reply).toMatchObject({ status: 303, location: "/account" });
    expect(await mailsTo(email)).toEqual([]);
  });

  it("has one open link: a newer one of an owner, or a changed password, ends it", async () => {
    const operator = await newOperator("support");
    const boss = await signInAsOwner();
    const first = await createLink(boss, operator.email);
    const second = await createLink(boss, operator.email);
    expect((await use(first)).status).toBe(404);
    const change = { current: operator.password, password: "another long password" };
    await operator.portal.submit("/account/password", change);
    expect((await use(second)).status).toBe(404);
  });

  it("gets no link from an owner of another account, an admin, or a guessed address", async () => {
    const operator = await newOperator("support");
    const operatorId = await operatorIdOf(await signInAsOwner(), operator.email);
    const { accountId } = await newWorld();
    const stranger = await newOperator("owner", accountId);
    expect((await stranger.portal.post(`/team/reset/${operatorId}`)).location).toBe("/team");
    const admin = await newOperator("admin");
    expect((await admin.portal.post(`/team/reset/${operatorId}`)).status).toBe(403);
    expect(await mailsTo(operator.email)).toEqual([]);
    expect((await use(`/reset/${"0".repeat(32)}`)).status).toBe(404);
  });

  it("is mailed a link on request, with one answer for every address, and an owner's link stays", async () => {
    const operator = await newOperator("support");
    const stranger = new PortalClient(origin(), { "CF-Connecting-IP": "203.0.113.80" });
    const request = (email: string) => stranger.post("/forgot-password", { email });
    const replies = [await request(operator.email), await request("unknown@tests.example")];
    for (const { status, location } of replies)
      expect({ status, location }).toEqual({ status: 303, location: "/sign-in" });
    await expect.poll(() => mailsTo(operator.email)).toHaveLength(1);
    expect(await mailsTo("unknown@tests.example")).toEqual([]);
    const [requested] = await mailsTo(operator.email);
    const byOwner = await createLink(await signInAsOwner(), operator.email, "both");
    expect((await use(resetPath.exec(requested?.text ?? "")?.[0] ?? "")).status).toBe(404);
    for (let index = 0; index < 5; index++) await request(operator.email);
    expect((await use(byOwner)).status).toBe(303);
    // One by request and one by the owner: the owner's open link was never replaced.
    expect(await mailsTo(operator.email)).toHaveLength(2);
  });

  it.each(["was removed", "was demoted", "left"] as const)(
    "can't be replaced by the link of an owner who %s after creating it",
    async (end) => {
      const { accountId } = await newWorld();
      const [creator, victim, boss] = [
        await newOperator("owner", accountId),
        await newOperator("owner", accountId),
        await newOperator("owner", accountId),
      ];
      const path = await createLink(creator.portal, victim.email);
      const operator = await operatorIdOf(boss.portal, creator.email);
      if (end === "left") await creator.portal.submit("/team/leave");
      else if (end === "was removed") await boss.portal.submit("/team/remove", { operator });
      else await boss.portal.submit("/team/role", { operator, from: "owner", role: "viewer" });
      expect((await new PortalClient(origin()).get(path)).status).toBe(404);
      expect((await use(path)).status).toBe(404);
      expect(await canSignIn(victim, victim.password)).toBe(true);
    },
  );

  it("can't be replaced by an earlier link once the operator belongs to another account", async () => {
    const { accountId } = await newWorld();
    const creator = await newOperator("owner", accountId);
    const operator = await newOperator("owner", accountId);
    const path = await createLink(creator.portal, operator.email);
    await provision(origin(), "moveOperator", operator.email, (await newWorld()).accountId, "owner");
    expect((await use(path)).status).toBe(404);
    expect(await canSignIn(operator, operator.password)).toBe(true);
  });
});
