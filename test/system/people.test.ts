import { randomBytes } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { hiddenField, PortalClient, sentencesOf } from "../../dev/seed/portal-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import {
  buildTotpCode,
  inviteOperator,
  newOperator,
  signInAsOwner,
  turnOnSecondFactor,
} from "./operators.ts";
import { newWorld } from "./world.ts";

const address = () => `person-${randomBytes(6).toString("hex")}@tests.example`;

describe("setup page", () => {
  it("the setup page returns 404 once an owner exists", async () => {
    const stranger = new PortalClient(inject("origin"));
    expect((await stranger.get("/setup")).status).toBe(404);
    expect((await stranger.get("/setup?token=wrong")).status).toBe(404);
    const form = { token: "wrong", name: "x", email: address(), password: "long enough for this" };
    expect((await stranger.post("/setup", form)).status).toBe(404);
  });
});

describe("sign-in", () => {
  it("sign-in shows one error for a wrong password and an unknown address", async () => {
    const { email } = await newOperator("viewer");
    const stranger = new PortalClient(inject("origin"));
    for (const who of [email, address()]) {
      const reply = await stranger.post("/sign-in", { email: who, password: "not the password" });
      expect(reply.status).toBe(422);
      expect(reply.html).toContain("Incorrect email or password.");
    }
  });

  it("sign-in rejects even the right password after ten failed attempts", async () => {
    const { email, password } = await newOperator("viewer");
    const stranger = new PortalClient(inject("origin"));
    for (let index = 0; index < 10; index++) await stranger.post("/sign-in", { email, password: "guess" });
    const reply = await stranger.post("/sign-in", { email, password });
    expect(reply.html).toContain("Too many attempts.");
    expect((await stranger.get("/account")).status).toBe(303);
  });

  it("sign-in keeps a form when its session has ended and submits it only on confirmation", async () => {
    const world = await newWorld();
    const { email, password, portal } = await newOperator("admin", world.accountId);
    const path = `/p/${world.projectId}/test/settings`;
    const version = hiddenField((await portal.get(path)).html, "version");
    await portal.post("/sign-out");
    const form = {
      version,
      name: "Kept & sent",
      success_url: "https://acme.example/",
      cancel_url: "",
      grace_days: "3",
    };
    const signInPage = await portal.post(path, form);
    expect(signInPage.status).toBe(401);
    const pending = Object.fromEntries(
      [...signInPage.html.matchAll(/name="(pending\.[^"]+)" value="([^"]*)"/g)].map(
        ([, name = "", value = ""]) => [name, value.replaceAll("&amp;", "&")],
      ),
    );
    expect(pending["pending.field.name"]).toBe("Kept & sent");
    const back = await portal.post("/sign-in", { email, password, ...pending });
    expect(back.html).toContain("Send form");
    expect((await portal.get(path)).html).not.toContain("Kept &amp; sent");
    expect((await portal.post(path, form)).status).toBe(303);
    expect((await portal.get(path)).html).toContain("Kept &amp; sent");
  });

  it("sign-in redirects to the portal when `next` names another site", async () => {
    const { email, password } = await newOperator("viewer");
    for (const next of [
      "https://evil.example/",
      "//evil.example/",
      "/\\evil.example",
      "javascript:alert(1)",
    ]) {
      const browser = new PortalClient(inject("origin"));
      expect((await browser.post("/sign-in", { email, password, next })).location).toBe("/");
    }
  });

  it("sign-in requires a code when a second factor is on and accepts each backup code once", async () => {
    const operator = await newOperator("support");
    const { email, password, portal } = operator;
    const offer = await portal.submit("/account/second-factor", { password });
    expect(offer.html).toContain('role="img" aria-label="QR code of the key below"');
    expect((await portal.post("/account/second-factor/confirm", { code: "000000" })).status).toBe(422);
    const { secret, backupCodes } = await turnOnSecondFactor(operator);
    expect((await portal.get("/account")).status).toBe(200);

    const browser = new PortalClient(inject("origin"));
    const codePage = await browser.post("/sign-in", { email, password });
    expect(codePage.html).toContain("Enter the code from your app");
    expect((await browser.get("/account")).location).toMatch(/^\/sign-in/);
    expect((await browser.post("/sign-in/code", { code: "123456" })).status).toBe(422);
    expect((await browser.post("/sign-in/code", { code: buildTotpCode(secret, 1) })).status).toBe(303);
    expect((await browser.get("/account")).status).toBe(200);

    for (const expected of [303, 422]) {
      const other = new PortalClient(inject("origin"));
      await other.post("/sign-in", { email, password });
      expect((await other.post("/sign-in/code", { code: backupCodes[0] ?? "" })).status).toBe(expected);
    }
  });

  it("the account page lists sessions and ends a selected one", async () => {
    const { email, password, portal } = await newOperator("viewer");
    const other = new PortalClient(inject("origin"));
    await other.signIn(email, password);
    const sessionId = [...(await portal.get("/account")).html.matchAll(/name="session" value="([^"]+)"/g)]
      .map(([, id]) => id)
      .find((id) => id !== "others");
    await portal.submit("/account/sessions/end", { session: sessionId ?? "" });
    expect((await other.get("/account")).location).toMatch(/^\/sign-in/);
    expect((await portal.get("/account")).status).toBe(200);
  });

  it("a password change ends every other session", async () => {
    const { email, password, portal } = await newOperator("viewer");
    const other = new PortalClient(inject("origin"));
    await other.signIn(email, password);
    const change = { current: password, password: "another long password" };
    expect((await portal.post("/account/password", { ...change, current: "wrong" })).status).toBe(422);
    await portal.submit("/account/password", change);
    expect((await other.get("/account")).location).toMatch(/^\/sign-in/);
    await new PortalClient(inject("origin")).signIn(email, "another long password");
  });
});

describe("invitation links", () => {
  it("an invitation link accepts one of three concurrent forms and then shows that it was used", async () => {
    const email = address();
    const path = await inviteOperator(await signInAsOwner(), "viewer", email);
    const person = { name: "Once", password: "long enough for this" };
    const answers = await Promise.all(
      [1, 2, 3].map(() => new PortalClient(inject("origin")).post(path, person)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 409, 409]);
    const late = await new PortalClient(inject("origin")).get(path);
    expect(late.status).toBe(409);
    expect(late.html).toContain("This invitation was used");
  });

  it("an invitation link is rejected when it was revoked or mistyped", async () => {
    const portal = await signInAsOwner();
    const email = address();
    const path = await inviteOperator(portal, "viewer", email);
    const row = new RegExp(`${email}.*?name="invitation" value="([^"]+)"`, "s").exec(
      (await portal.get("/team")).html,
    );
    await portal.submit("/team/invitations/revoke", { invitation: row?.[1] ?? "" });
    const person = { name: "Late", password: "long enough for this" };
    expect((await new PortalClient(inject("origin")).post(path, person)).status).toBe(409);
    expect((await new PortalClient(inject("origin")).get(`${path}x`)).status).toBe(404);
  });

  it("an invitation link refuses a name that would fill every list and audit entry", async () => {
    const path = await inviteOperator(await signInAsOwner(), "viewer", address());
    const browser = new PortalClient(inject("origin"));
    const reply = await browser.post(path, { name: "x".repeat(81), password: "long enough for this" });
    expect(reply.status).toBe(422);
    expect(reply.html).toContain("Use at most 80 characters.");
    const longest = { name: "x".repeat(80), password: "long enough for this" };
    expect((await browser.post(path, longest)).status).toBe(303);
  });

  it("an invitation link is not accepted by a browser that has not entered the operator's second factor", async () => {
    const { accountId } = await newWorld();
    const operator = await newOperator("viewer", accountId);
    const { email, password, portal } = operator;
    const { secret } = await turnOnSecondFactor(operator);
    await portal.submit("/team/leave");
    await portal.submit("/sign-in", { email, password });
    await portal.submit("/sign-in/code", { code: buildTotpCode(secret, 1) });
    await provision(inject("origin"), "ageProof", email, null);
    const path = await inviteOperator(await signInAsOwner(), "viewer", email);
    expect((await portal.post(path)).location).toBe("/second-factor");
    expect((await new PortalClient(inject("origin")).get(path)).html).toContain(
      "An operator with this email",
    );
  });

  it("the team page rejects an invitation when its address belongs to a member", async () => {
    const { email } = await newOperator("viewer");
    const portal = await signInAsOwner();
    const invitationId = hiddenField((await portal.get("/team")).html, "invitation_id");
    const reply = await portal.post("/team/invitations", {
      invitation_id: invitationId,
      email,
      role: "owner",
    });
    expect(reply.status).toBe(409);
    expect(reply.html).toContain("A member with this email already exists");
  });
});

describe("team page", () => {
  it("an account keeps its last owner when both owners leave at once", async () => {
    const { accountId } = await newWorld();
    const [first, second] = [await newOperator("owner", accountId), await newOperator("owner", accountId)];
    await Promise.all([first.portal.submit("/team/leave"), second.portal.submit("/team/leave")]);
    const left = await Promise.all([first, second].map(({ portal }) => portal.get("/team")));
    expect(left.filter(({ status }) => status === 200)).toHaveLength(1);
    const last = left[0]?.status === 200 ? first : second;
    expect((await last.portal.submit("/team/leave")).location).toBe("/team");
    expect((await last.portal.get("/team")).html).toContain("You are the last owner");
  });

  it("an owner who is removed or demoted does not come back by an invitation that they sent before", async () => {
    const { accountId } = await newWorld();
    const boss = await newOperator("owner", accountId);
    const person = { name: "Accomplice", password: "long enough for this" };
    for (const take of ["/team/remove", "/team/role", "/team/leave"]) {
      const other = await newOperator("owner", accountId);
      const guest = address();
      const link = await inviteOperator(other.portal, "owner", guest);
      const { html } = await boss.portal.get("/team");
      const operator =
        new RegExp(`${other.email}.*?name="operator" value="([^"]+)"`, "s").exec(html)?.[1] ?? "";
      const portal = take === "/team/leave" ? other.portal : boss.portal;
      await portal.submit(take, take === "/team/leave" ? {} : { operator, from: "owner", role: "viewer" });
      const browser = new PortalClient(inject("origin"));
      expect((await browser.post(link, person)).status, take).toBe(409);
      expect((await boss.portal.get("/team")).html).not.toContain(guest);
      const log = await boss.portal.get("/audit/export?action=invitation.revoke");
      expect(log.html).toContain(guest);
    }
    const kept = await inviteOperator(boss.portal, "viewer", address());
    expect((await new PortalClient(inject("origin")).post(kept, person)).status).toBe(303);
  });

  it("a removed member is signed out immediately", async () => {
    const { accountId } = await newWorld();
    const boss = await newOperator("owner", accountId);
    const other = await newOperator("admin", accountId);
    const team = await boss.portal.get("/team");
    const operatorId =
      new RegExp(`${other.email}.*?name="operator" value="([^"]+)"`, "s").exec(team.html)?.[1] ?? "";
    await boss.portal.submit("/team/remove", { operator: operatorId });
    expect((await other.portal.get("/projects")).location).toMatch(/^\/sign-in/);
  });
});

describe("recent authentication", () => {
  it("live mode requires re-authentication after 30 minutes, then completes the form", async () => {
    const world = await newWorld();
    const { email, password, portal } = await newOperator("admin", world.accountId);
    const path = `/p/${world.projectId}/live/keys`;
    const keyId = hiddenField((await portal.get(path)).html, "key_id");
    await provision(inject("origin"), "ageProof", email, 31 * 60_000);
    const form = { key_id: keyId, name: "Live backend", expires: "" };
    const reauthPage = await portal.post(path, form);
    expect({ status: reauthPage.status, says: sentencesOf(reauthPage.html) }).toMatchObject({
      status: 401,
      says: expect.stringContaining("Confirm your identity"),
    });
    const pending = {
      "pending.method": "POST",
      "pending.path": path,
      ...Object.fromEntries(Object.entries(form).map(([name, value]) => [`pending.field.${name}`, value])),
    };
    expect((await portal.post("/prove", { proof: "wrong", ...pending })).status).toBe(422);
    const done = await portal.post("/prove", { proof: password, ...pending });
    expect(done.html).toMatch(/lz_live_[0-9a-z]+</);
    expect((await portal.post(`/p/${world.projectId}/test/keys`, { name: "" })).status).toBe(422);
  });
});
