import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { hiddenField, hiddenFields, PortalClient, unescaped } from "../../dev/seed/portal-client.ts";
import { startStack } from "../../dev/stack/stack.ts";
import type { StackWorkerOptions } from "../../dev/stack/worker-options.ts";
import { inviteOperator, newOperator, signInAsOwner } from "./operators.ts";
import { newWorld } from "./world.ts";

interface Mail {
  to: string;
  from: { email: string };
  replyTo: string;
  subject: string;
  text: string;
  html: string;
}

const address = (domain = "tests.example") => `invited-${randomBytes(6).toString("hex")}@${domain}`;
const person = { name: "Invited", password: "long enough for this" };
const link = /http:\/\/[^\s/]+\/invitations\/[0-9a-z]{32}(?=\s|<)/;

async function mailsTo(email: string, origin = inject("origin")): Promise<Mail[]> {
  const mails = (await (await fetch(`${origin}/__dev/mail`)).json()) as Mail[];
  return mails.filter(({ to }) => to === email);
}

/** Invites `email`. Returns the page's HTML and the link that it shows. */
async function invite(portal: PortalClient, email: string) {
  const invitation_id = hiddenField((await portal.get("/team")).html, "invitation_id");
  const { html } = await portal.submit("/team/invitations", { invitation_id, email, role: "support" });
  return { html, url: link.exec(html)?.[0] ?? "" };
}

const accept = (url: string) => new PortalClient(inject("origin")).post(new URL(url).pathname, person);

/** Submits the form of the invitation's row that sends a new link. */
async function renew(portal: PortalClient, email: string, html?: string) {
  const team = html ?? (await portal.get("/team")).html;
  const row = team.slice(team.indexOf(`>${email}</td>`));
  return portal.post("/team/invitations/renew", hiddenFields(row, "/team/invitations/renew"));
}

describe("invitation email", () => {
  it("an invitation email names the sender and carries the page's link, which works once", async () => {
    const portal = await signInAsOwner();
    const email = address();
    const { html, url } = await invite(portal, email);
    expect(html).toContain(`Sent to ${email}.`);
    const [mail, ...others] = await mailsTo(email);
    expect(others).toEqual([]);
    expect(mail).toMatchObject({
      from: { name: "Licenzy", email: "licenzy@mail.example" },
      replyTo: inject("owner").email,
      subject: "Owner invites you to join Tests",
      text: expect.stringContaining("Your role will be support."),
    });
    expect(link.exec(mail?.text ?? "")?.[0]).toBe(url);
    expect(link.exec(unescaped(mail?.html ?? ""))?.[0]).toBe(url);
    expect((await accept(url)).status).toBe(303);
    expect((await accept(url)).status).toBe(409);
  });

  it("an invitation email uses the configured origin when a request names another host", async () => {
    const { port } = new URL(inject("origin"));
    const portal = new PortalClient(`http://127.0.0.1:${port}`);
    await portal.signIn(inject("owner").email, inject("owner").password);
    const email = address();
    const { url } = await invite(portal, email);
    expect(new URL(url).origin).toBe(inject("origin"));
    const [mail] = await mailsTo(email);
    expect(mail?.text).toContain(url);
    expect(`${mail?.text}${mail?.html}`).not.toContain("127.0.0.1");
  });

  it("the team page sends no email when the field holds anything but one plain address", async () => {
    const portal = await signInAsOwner();
    for (const email of [
      "a,b@tests.example",
      "x<y@tests.example",
      "a;b@tests.example",
      "a\u0000@tests.example",
    ]) {
      const invitation_id = hiddenField((await portal.get("/team")).html, "invitation_id");
      const reply = await portal.post("/team/invitations", { invitation_id, email, role: "viewer" });
      expect(reply.html).toContain("Enter an email address.");
      expect(await mailsTo(email)).toEqual([]);
    }
  });

  it.each([
    ["is refused", "refused.invalid", "earlier mail to this address bounced or was reported as spam"],
    [
      "gets no answer",
      "hangs.invalid",
      "the mail service did not answer within 5 seconds, so it may arrive or not",
    ],
  ])(
    "the team page keeps the invitation and shows its link when the email %s",
    async (_what, domain, reason) => {
      const portal = await signInAsOwner();
      const email = address(domain);
      const { html, url } = await invite(portal, email);
      expect(html).toContain(`The email could not be sent: ${reason}.`);
      expect(await mailsTo(email)).toEqual([]);
      expect((await accept(url)).status).toBe(303);
    },
  );

  it("the audit log records the result of an invitation email without the link", async () => {
    const portal = await signInAsOwner();
    const [sent, refused] = [address(), address("refused.invalid")];
    const urls = [(await invite(portal, sent)).url, (await invite(portal, refused)).url];
    const { html: csv } = await portal.get("/audit/export?action=invitation.mail");
    const lineOf = (email: string) => csv.split("\n").filter((line) => line.includes(email));
    expect(lineOf(sent)).toEqual([expect.stringContaining('""outcome"":""sent""')]);
    expect(lineOf(refused)).toEqual([
      expect.stringMatching(/""outcome"":""failed"",""reason"":""earlier mail/),
    ]);
    for (const url of urls) expect(csv).not.toContain(url.split("/").at(-1));
  });

  it("a resent invitation email is sent once per form, and its new link replaces the old one", async () => {
    const portal = await signInAsOwner();
    const email = address();
    const before = await invite(portal, email);
    const shown = (await portal.get("/team")).html;
    const again = await renew(portal, email, shown);
    const url = link.exec(again.html)?.[0] ?? "";
    expect(again.html).toContain(`Sent to ${email}.`);
    expect(url).not.toBe(before.url);
    expect((await renew(portal, email, shown)).location).toBe("/team");
    expect((await portal.get("/team")).html).toContain("has a newer link");
    const mails = await mailsTo(email);
    expect(mails.map(({ text }) => link.exec(text)?.[0])).toEqual([url, before.url]);
    expect((await accept(before.url)).status).toBe(404);
    expect((await accept(url)).status).toBe(303);
    expect((await renew(portal, email, shown)).location).toBe("/team");
    expect(await mailsTo(email)).toHaveLength(2);
  });

  it("the team page resends nothing when the invitation belongs to another account", async () => {
    const email = address();
    await inviteOperator(await signInAsOwner(), "viewer", email);
    const shown = (await (await signInAsOwner()).get("/team")).html;
    const { accountId } = await newWorld();
    const stranger = await newOperator("owner", accountId);
    expect((await renew(stranger.portal, email, shown)).location).toBe("/team");
    expect(await mailsTo(email)).toHaveLength(1);
  });
});

/** Runs `work` on its own stack with `bindings` added to the portal. Returns the log of its workers. */
async function onStackWith(
  bindings: Record<string, string>,
  work: (portal: PortalClient) => Promise<void>,
): Promise<string> {
  const stateDir = await mkdtemp(join(tmpdir(), "licenzy-mail-"));
  const logFile = join(stateDir, "workers.log");
  const alterWorkers = (workers: StackWorkerOptions[]) =>
    workers.map((worker) => {
      if (worker.name !== "licenzy-portal") return worker;
      const { MAIL, ...serviceBindings } = worker.serviceBindings;
      const kept = bindings["MAIL_FROM"] === "" ? serviceBindings : worker.serviceBindings;
      return { ...worker, serviceBindings: kept, bindings: { ...worker.bindings, ...bindings } };
    });
  const stack = await startStack({ port: 0, stateDir, cronEveryMs: 0, logFile, alterWorkers });
  try {
    const portal = new PortalClient(stack.origin);
    const first = {
      name: "Owner",
      account: "Acme",
      project: "p",
      region: "weur",
      email: "boss@tests.example",
    };
    await portal.submit("/setup", { token: stack.secrets.setupToken, password: person.password, ...first });
    await work(portal);
  } finally {
    await stack.stop();
  }
  const lines = await readFile(logFile, "utf8");
  await rm(stateDir, { recursive: true, force: true });
  return lines;
}

describe("invitation email log", () => {
  it("the portal logs one line for each invitation email, without its link and address", async () => {
    const made: string[] = [];
    const lines = await onStackWith({ LOG_LEVEL: "info" }, async (portal) => {
      for (const domain of ["tests.example", "refused.invalid"]) {
        const email = address(domain);
        made.push(email, new URL((await invite(portal, email)).url).pathname.split("/").at(-1) ?? "");
      }
    });
    const mailLines = lines.split("\n").filter((line) => line.includes('"event":"mail'));
    expect(mailLines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        level: "info",
        event: "mail",
        outcome: "sent",
        duration_ms: expect.any(Number),
      }),
      expect.objectContaining({
        level: "error",
        event: "mail.failed",
        error: expect.stringContaining("bounced"),
      }),
    ]);
    expect(made).toHaveLength(4);
    for (const secret of made) expect(lines).not.toContain(secret);
  }, 60_000);
});

describe("invitations without email", () => {
  it("the team page shows a link to copy and mentions no email when email is not configured", async () => {
    await onStackWith({ MAIL_FROM: "", PUBLIC_ORIGIN: "" }, async (portal) => {
      const email = address();
      const { html, url } = await invite(portal, email);
      expect(html).toContain(`Send this link to ${email}.`);
      expect(url).toMatch(`${portal.origin}/invitations/`);
      expect(html).toContain("Create new link");
      expect(html).not.toMatch(/Sent to|The mail|They get a mail|Resend invitation/);
      expect(await mailsTo(email, portal.origin)).toEqual([]);
      expect((await portal.get("/audit?action=invitation.mail")).html).toContain("No matching entries");
    });
  }, 60_000);
});
