import { randomBytes } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { PortalClient } from "../../../dev/seed/portal-client.ts";
import { provision } from "../../../dev/seed/provision.ts";
import { buildTotpCode, newOperator, signInAsOwner, turnOnSecondFactor } from "../operators.ts";

const newBrowser = () => new PortalClient(inject("origin"));

/** Returns the lines of the audit log about an operator, oldest first. */
async function auditOf(email: string): Promise<string[]> {
  const { html } = await (await signInAsOwner()).get(`/audit/export?who=${encodeURIComponent(email)}`);
  return html.split("\r\n").slice(1, -1).toReversed();
}

const actionsIn = (lines: string[]) => lines.map((line) => /"(operator\.\w+)"/.exec(line)?.[1]);

describe("what an operator does with their sign-in", () => {
  it("is in the audit log: sign-in, sign-out, confirmation, second factor and backup code", async () => {
    const operator = await newOperator("viewer");
    const { email, password, portal } = operator;
    await portal.submit("/prove", { proof: password });
    const { secret, backupCodes } = await turnOnSecondFactor(operator);
    await portal.submit("/sign-out");
    await portal.submit("/sign-in", { email, password });
    await portal.submit("/sign-in/code", { code: backupCodes[0] ?? "" });
    await portal.submit("/account/second-factor/disable", { code: buildTotpCode(secret, 1) });
    const lines = (await auditOf(email)).filter((line) => line.includes('"operator.'));
    // The code and the sign-in are entries of one request, so they may be of one millisecond.
    const [first, , , , ...signIn] = lines;
    expect(actionsIn(lines.slice(0, 4))).toEqual([
      "operator.sign_in",
      "operator.prove",
      "operator.enable_second_factor",
      "operator.sign_out",
    ]);
    expect(actionsIn(signIn).toSorted()).toEqual([
      "operator.disable_second_factor",
      "operator.sign_in",
      "operator.use_backup_code",
    ]);
    expect(first).toContain('""method"":""new password""');
    expect(signIn.join()).toContain('""left"":9');
    expect(signIn.join()).toContain('""method"":""password and backup code""');
    const log = lines.join("\n");
    for (const secretValue of [password, secret, ...backupCodes]) expect(log).not.toContain(secretValue);
  });

  it("is in the audit log as one failure an hour, however often strangers try", async () => {
    const { email, portal } = await newOperator("viewer");
    const stranger = new PortalClient(inject("origin"), { "CF-Connecting-IP": "203.0.113.7" });
    for (let index = 0; index < 3; index++) await stranger.post("/sign-in", { email, password: "guess" });
    await portal.post("/prove", { proof: "guess" });
    const readFailures = async () =>
      (await auditOf(email)).filter((line) => line.includes("operator.fail_authentication"));
    // The entry is written after the response.
    await expect.poll(readFailures).toHaveLength(1);
    const [line] = await readFailures();
    expect(line).toContain("203.0.113.7");
    expect(line).toContain('""route"":""POST /sign-in""');
  });

  it("is in the audit log when it takes the log out as a file", async () => {
    const { email, portal } = await newOperator("owner");
    await portal.get("/audit/export?action=plan.set");
    const lines = await auditOf(email);
    expect(lines.at(-1)).toContain('"audit_log.export"');
    expect(lines.at(-1)).toContain('""action"":""plan.set""');
  });
});

describe("a second factor", () => {
  it("ends every other session when it is turned on, and is turned off only with a code", async () => {
    const operator = await newOperator("viewer");
    const { email, password, portal } = operator;
    const other = newBrowser();
    await other.signIn(email, password);
    const { secret } = await turnOnSecondFactor(operator);
    expect((await other.get("/account")).location).toMatch(/^\/sign-in/);
    expect((await portal.get("/account")).status).toBe(200);

    const off = "/account/second-factor/disable";
    for (const form of [{ password }, { code: password }, { code: "" }])
      expect((await portal.post(off, form as Record<string, string>)).status).toBe(422);
    expect((await portal.submit(off, { code: buildTotpCode(secret, 1) })).location).toBe("/account");
    await newBrowser().signIn(email, password);
  });
});

describe("a message of the portal", () => {
  it("is not shown from a cookie that the portal did not sign", async () => {
    const { portal } = await newOperator("viewer");
    const forged = Buffer.from(JSON.stringify({ tone: "good", text: "Call this number" })).toString(
      "base64url",
    );
    for (const value of [
      `${forged}.${randomBytes(32).toString("base64url")}`,
      forged,
      `${forged}.`,
      encodeURIComponent('{"tone":"good","text":"Call this number"}'),
    ]) {
      portal.plant("licenzy.flash", value);
      const { status, html } = await portal.get("/account");
      expect(status).toBe(200);
      expect(html).not.toContain("Call this number");
    }
  });
});

describe("an incomplete sign-in", () => {
  it("shows nothing of the account on a page that does not exist", async () => {
    const operator = await newOperator("viewer");
    await provision(inject("origin"), "ageProof", operator.email, null);
    const { status, html } = await operator.portal.get("/nowhere");
    expect(status).toBe(404);
    expect(html).not.toContain("tests</");
    expect(html).not.toContain("/p/prj_");
  });
});
