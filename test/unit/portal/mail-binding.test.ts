import { readFile } from "node:fs/promises";
import { Log, LogLevel, Miniflare } from "miniflare";
import { afterAll, describe, expect, it } from "vitest";
import { sendMail } from "../../../shared/kit/send-mail.ts";
import { buildInvitationMessage } from "../../../workers/portal/pages/team/invitation-message.tsx";

const logged: string[] = [];

class CapturedLog extends Log {
  override logWithLevel(_level: LogLevel, message: string): void {
    logged.push(message);
  }
}

/** A worker with the binding as wrangler.toml would declare it. It sends each message that it receives. */
const mf = new Miniflare({
  modules: true,
  script: `export default {
    async fetch(request, env) {
      try {
        return Response.json(await env.MAIL.send(await request.json()));
      } catch (error) {
        return new Response(error.message, { status: 502 });
      }
    }
  }`,
  compatibilityDate: "2026-04-01",
  email: { send_email: [{ name: "MAIL", allowed_sender_addresses: ["licenzy@mail.example"] }] },
  log: new CapturedLog(LogLevel.INFO),
});
afterAll(() => mf.dispose());

const MAIL = {
  async send(message: unknown) {
    const reply = await mf.dispatchFetch("http://x/", { method: "POST", body: JSON.stringify(message) });
    if (!reply.ok) throw new Error(await reply.text());
    return reply.json();
  },
} as SendEmail;

const invitation = {
  accountName: "Acme",
  inviter: { name: "Dana", email: "dana@acme.example" },
  role: "admin",
  expiresAt: Date.UTC(2026, 11, 2),
  zone: "UTC",
  url: "https://licenzy.example/invitations/0123456789abcdefghjkmnpqrstvwxyz",
} as const;
const PUBLIC_ORIGIN = "https://licenzy.example";

describe("send_email binding in Miniflare", () => {
  it("the email binding accepts the message that the portal sends", async () => {
    const env = { MAIL, MAIL_FROM: "licenzy@mail.example", PUBLIC_ORIGIN };
    expect(await sendMail(env, "new@acme.example", buildInvitationMessage(invitation))).toEqual({
      outcome: "sent",
    });
    const { subject, text, html } = buildInvitationMessage(invitation);
    const line = logged.find((message) => message.includes("MessageBuilder")) ?? "";
    expect(line).toContain(
      `From: "Licenzy" <licenzy@mail.example>\nTo: new@acme.example\nSubject: ${subject}`,
    );
    const readPart = async (kind: string) => {
      const path = new RegExp(`${kind}: (\\S+)`).exec(line)?.[1] ?? "";
      return readFile(path, "utf8");
    };
    expect(await readPart("Text")).toBe(text);
    expect(await readPart("HTML")).toBe(html);
  });

  it("send() reports why the email binding refused when the sender is not allowed", async () => {
    const env = { MAIL, MAIL_FROM: "other@mail.example", PUBLIC_ORIGIN };
    expect(await sendMail(env, "new@acme.example", buildInvitationMessage(invitation))).toEqual({
      outcome: "failed",
      reason: "the mail service says “email from [removed] not allowed”",
      isOwnFault: false,
    });
  });
});
