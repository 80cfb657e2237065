import { type Role, roleDescriptions } from "../../../../shared/contract/roles.ts";
import { type Message, toOneLine } from "../../../../shared/kit/send-mail.ts";
import { explainTime } from "../../components/time.tsx";

export interface InvitationMail {
  accountName: string;
  inviter: { name: string; email: string };
  role: Role;
  /** In milliseconds since 1970. */
  expiresAt: number;
  /** The time zone of the inviter. */
  zone: string;
  /** The one-time link, which is a secret. */
  url: string;
}

/** Builds the invitation email. It loads nothing from any server, so reading it can't be tracked. */
export function buildInvitationMessage({
  accountName,
  inviter,
  role,
  expiresAt,
  zone,
  url,
}: InvitationMail): Message {
  const account = toOneLine(accountName);
  const name = toOneLine(inviter.name);
  const who = `${name} (${toOneLine(inviter.email)})`;
  const expiryNote = `The link works once, until ${explainTime(expiresAt, zone)}. Anyone with the link can join, so keep it private.`;
  const ignoreNote =
    "If you did not expect this email, ignore it. No one joins unless the link is used. Replies go to the person who invited you.";
  const text = [
    `${who} invites you to join ${account} on Licenzy.`,
    `Your role will be ${role}. ${roleDescriptions[role]}`,
    `Accept the invitation here:\n${url}`,
    expiryNote,
    ignoreNote,
  ].join("\n\n");
  const html = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{`Join ${account}`}</title>
      </head>
      <body style="font-family: sans-serif; line-height: 1.5; max-width: 36em">
        <p>
          {who} invites you to join <b>{account}</b> on Licenzy.
        </p>
        <p>
          Your role will be <b>{role}</b>. {roleDescriptions[role]}
        </p>
        <p>
          Accept the invitation here:
          <br />
          <a href={url}>{url}</a>
        </p>
        <p>{expiryNote}</p>
        <p>{ignoreNote}</p>
      </body>
    </html>
  );
  return {
    replyTo: inviter.email,
    subject: `${name} invites you to join ${account}`,
    text: `${text}\n`,
    html: `<!doctype html>${html}`,
  };
}
