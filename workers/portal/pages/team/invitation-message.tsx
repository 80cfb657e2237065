import { type Role, roleMeanings } from "../../../../shared/contract/roles.ts";
import { exactTime } from "../../components/time.tsx";

export interface InvitationMail {
  accountName: string;
  inviter: { name: string; email: string };
  role: Role;
  /** In milliseconds since 1970. */
  expiresAt: number;
  /** The one-time link: a secret. */
  url: string;
}

export interface Message {
  subject: string;
  text: string;
  html: string;
}

const longestName = 80;

/**
 * A name on one line, at most 80 characters of it: names are what people typed, and a line break would begin a header in
 * a subject, and a paragraph that we seem to have written in a text. Marks that turn the direction of writing go too.
 */
function oneLine(name: string): string {
  const line = name.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
  const letters = [...line];
  return letters.length > longestName ? `${letters.slice(0, longestName - 1).join("")}…` : line;
}

/** What an invited person is sent: nothing is loaded from anywhere, and nobody learns whether it was read. */
export function invitationMessage({ accountName, inviter, role, expiresAt, url }: InvitationMail): Message {
  const account = oneLine(accountName);
  const name = oneLine(inviter.name);
  const who = `${name} (${oneLine(inviter.email)})`;
  const lasts = `The link works once, until ${exactTime(expiresAt)}. Who has it can join, so pass it on to nobody.`;
  const unexpected =
    "If you did not expect this, do nothing: nobody joins unless the link is used. A reply reaches the person who invited you.";
  const text = [
    `${who} invites you to join ${account} on Licenzy.`,
    `Your role will be ${role}. ${roleMeanings[role]}`,
    `Accept the invitation here:\n${url}`,
    lasts,
    unexpected,
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
          Your role will be <b>{role}</b>. {roleMeanings[role]}
        </p>
        <p>
          Accept the invitation here:
          <br />
          <a href={url}>{url}</a>
        </p>
        <p>{lasts}</p>
        <p>{unexpected}</p>
      </body>
    </html>
  );
  return {
    subject: `${name} invites you to join ${account}`,
    text: `${text}\n`,
    html: `<!doctype html>${html}`,
  };
}
