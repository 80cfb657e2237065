import { afterEach, describe, expect, it, vi } from "vitest";
import { getPublicOrigin, isMailEnabled, sendMail } from "../../../shared/kit/send-mail.ts";
import {
  buildInvitationMessage,
  type InvitationMail,
} from "../../../workers/portal/pages/team/invitation-message.tsx";

const url = "https://licenzy.example/invitations/0123456789abcdefghjkmnpqrstvwxyz";

const invitation = (change: Partial<InvitationMail> = {}): InvitationMail => ({
  accountName: "Acme",
  inviter: { name: "Dana", email: "dana@acme.example" },
  role: "support",
  expiresAt: Date.UTC(2026, 11, 2, 18, 30),
  zone: "UTC",
  url,
  ...change,
});

afterEach(() => {
  vi.useRealTimers();
});

describe("invitationMessage", () => {
  it("invitationMessage() states inviter, account, role, expiry and link in both text and HTML", () => {
    const { subject, text, html } = buildInvitationMessage(invitation());
    expect(subject).toBe("Dana invites you to join Acme");
    expect(text).toContain("Dana (dana@acme.example) invites you to join Acme on Licenzy.");
    expect(text).toContain(`\n${url}\n`);
    expect(html).toContain(`<a href="${url}">${url}</a>`);
    for (const body of [text, html.replace(/<[^>]+>/g, "")]) {
      expect(body).toContain("Your role will be support. Also acts for customers");
      expect(body).toContain("until 2 Dec 2026, 18:30:00 UTC");
      expect(body).toContain("If you did not expect this email, ignore it");
    }
  });

  it("invitationMessage() states the expiry in the inviter's time zone, and in UTC", () => {
    const { text } = buildInvitationMessage(invitation({ zone: "Europe/Berlin" }));
    expect(text).toContain("until 2 Dec 2026, 19:30:00 CET (2 Dec 2026, 18:30:00 UTC).");
  });

  it("invitationMessage() makes the inviting owner the reply-to address", () => {
    expect(buildInvitationMessage(invitation()).replyTo).toBe("dana@acme.example");
  });

  it("invitationMessage() loads no resources and links only to the invitation", () => {
    const { html } = buildInvitationMessage(invitation());
    expect([...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, target]) => target)).toEqual([url]);
    expect(html).not.toMatch(/<(?:img|link|script|iframe)/);
  });

  it.each([
    ["a line break that would begin a header", "Dana\r\nBcc: everybody@acme.example"],
    ["a second paragraph", "Dana\n\nYour account is locked: call us"],
    ["other line breaks", "Dana\u2028x\u2029y\u0085z\vw\fv"],
    ["invisible or bidirectional characters", "Da\u0000na\u202Egpj\u200B"],
  ])("invitationMessage() keeps a name with %s on one line", (_description, name) => {
    const plain = buildInvitationMessage(invitation());
    const { subject, text, html } = buildInvitationMessage(
      invitation({ accountName: name, inviter: { name, email: "dana@acme.example" } }),
    );
    expect(subject).not.toMatch(/[\p{C}\u2028\u2029]/u);
    expect(text.split("\n")).toHaveLength(plain.text.split("\n").length);
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{C}\u2028\u2029]/u);
    expect(html).not.toMatch(/[\p{C}\u2028\u2029]/u);
  });

  it("invitationMessage() truncates a long name between whole characters", () => {
    const { subject } = buildInvitationMessage(invitation({ accountName: "🦊".repeat(500) }));
    expect(subject).toBe(`Dana invites you to join ${"🦊".repeat(79)}…`);
  });

  it("invitationMessage() escapes names and addresses in HTML", () => {
    const hostile = `<img src=x onerror="alert('1')">&`;
    const { html, text } = buildInvitationMessage(
      invitation({ accountName: hostile, inviter: { name: hostile, email: `"<b>"@acme.example` } }),
    );
    expect(html).not.toMatch(/<img|<b>"|onerror="/);
    expect(html).toContain("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;");
    expect(text).toContain(hostile);
  });
});

describe("send", () => {
  const envWith = (answer: () => Promise<unknown>) => {
    const sent: unknown[] = [];
    const MAIL = {
      send: (message: unknown) => {
        sent.push(message);
        return answer();
      },
    } as SendEmail;
    return {
      sent,
      env: { MAIL, MAIL_FROM: "licenzy@mail.example", PUBLIC_ORIGIN: "https://licenzy.example/" },
    };
  };
  const to = "new@acme.example";
  const refusing = (error: unknown) => envWith(() => Promise.reject(error)).env;

  it("send() sends one message from the configured sender, with the inviter as reply-to", async () => {
    const { env, sent } = envWith(async () => ({ messageId: "<1@mail.example>" }));
    expect(await sendMail(env, to, buildInvitationMessage(invitation()))).toEqual({ outcome: "sent" });
    expect(sent).toEqual([
      {
        from: { name: "Licenzy", email: "licenzy@mail.example" },
        to,
        ...buildInvitationMessage(invitation()),
      },
    ]);
  });

  it("send() reports why the mail service refused, in plain words when its code is known", async () => {
    const coded = Object.assign(new Error("Sender domain not verified"), { code: "E_SENDER_NOT_VERIFIED" });
    expect(await sendMail(refusing(coded), to, buildInvitationMessage(invitation()))).toEqual({
      outcome: "failed",
      reason: "the domain of MAIL_FROM is not set up for sending",
      isOwnFault: true,
    });
    const inMessage = new Error("E_DAILY_LIMIT_EXCEEDED: quota");
    expect(await sendMail(refusing(inMessage), to, buildInvitationMessage(invitation()))).toMatchObject({
      reason: "the mail service takes no more mails today",
    });
    expect(
      await sendMail(refusing(new Error("lost connection")), to, buildInvitationMessage(invitation())),
    ).toMatchObject({
      reason: "the mail service says “lost connection”",
      isOwnFault: false,
    });
  });

  it("send() never repeats the link or an address when the mail service quotes them", async () => {
    const reply = await sendMail(
      refusing(new Error(`550 ${to}: spam: ${url}`)),
      to,
      buildInvitationMessage(invitation()),
    );
    expect(reply).toMatchObject({ outcome: "failed", reason: expect.stringContaining("550") });
    expect(JSON.stringify(reply)).not.toMatch(/0123456789abc|new@acme/);
  });

  it("send() reports the error when the binding throws synchronously", async () => {
    const { env } = envWith(() => {
      throw new Error("email to new not allowed");
    });
    expect(await sendMail(env, to, buildInvitationMessage(invitation()))).toMatchObject({
      reason: expect.stringContaining("not allowed"),
    });
  });

  it("send() gives up after 5 s when the service hangs, without claiming that no mail was sent", async () => {
    vi.useFakeTimers();
    const { env } = envWith(() => new Promise(() => undefined));
    const outcomes: unknown[] = [];
    void sendMail(env, to, buildInvitationMessage(invitation())).then((outcome) => outcomes.push(outcome));
    await vi.advanceTimersByTimeAsync(4_999);
    expect(outcomes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(outcomes).toEqual([
      {
        outcome: "failed",
        reason: "the mail service did not answer within 5 seconds, so it may arrive or not",
        isOwnFault: false,
      },
    ]);
  });

  it("isMailOn() is false without configuration, and send() names what a partial one lacks", async () => {
    const { env } = envWith(async () => ({ messageId: "<1@mail.example>" }));
    expect([{}, { MAIL_FROM: "" }, { PUBLIC_ORIGIN: env.PUBLIC_ORIGIN }].map(isMailEnabled)).toEqual([
      false,
      false,
      false,
    ]);
    const { MAIL, MAIL_FROM, PUBLIC_ORIGIN } = env;
    for (const [half, missing] of [
      [{ MAIL, PUBLIC_ORIGIN }, "MAIL_FROM"],
      [{ MAIL_FROM, PUBLIC_ORIGIN }, "binding MAIL"],
      [{ MAIL, MAIL_FROM }, "PUBLIC_ORIGIN"],
      [{ MAIL, MAIL_FROM, PUBLIC_ORIGIN: "licenzy.example" }, "PUBLIC_ORIGIN"],
    ] as const) {
      expect(isMailEnabled(half)).toBe(true);
      expect(await sendMail(half, to, buildInvitationMessage(invitation()))).toMatchObject({
        reason: expect.stringContaining(missing),
      });
    }
    expect(getPublicOrigin(env)).toBe("https://licenzy.example");
  });
});
