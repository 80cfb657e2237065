import { type Message, toOneLine } from "../../../../shared/kit/send-mail.ts";
import { explainTime } from "../../components/time.tsx";

export interface ResetMail {
  name: string;
  /** The owner who created the link; `null` when the operator requested it. */
  owner: { name: string; email: string } | null;
  /** In milliseconds since 1970. */
  expiresAt: number;
  /** The time zone of the person who requested the link. */
  zone: string;
  /** The one-time link, which is a secret. */
  url: string;
}

/** Builds the mail with a reset link. It loads nothing from any server, so reading it can't be tracked. */
export function buildResetMessage({ name, owner, expiresAt, zone, url }: ResetMail): Message {
  const sender =
    owner === null
      ? "Someone requested a new password for your Licenzy account."
      : `${toOneLine(owner.name)} (${toOneLine(owner.email)}) sent you a link to choose a new Licenzy password.`;
  const parts = [
    `Hello ${toOneLine(name)},`,
    sender,
    `Choose a new password here:\n${url}`,
    `The link works once, until ${explainTime(expiresAt, zone)}. Using it signs you out everywhere.`,
    "If you did not expect this email, ignore it. Nothing changes unless the link is used.",
  ];
  const html = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Choose a new password</title>
      </head>
      <body style="font-family: sans-serif; line-height: 1.5; max-width: 36em">
        {parts.map((part) => (
          <p>
            {part.includes(url) ? (
              <>
                Choose a new password here:
                <br />
                <a href={url}>{url}</a>
              </>
            ) : (
              part
            )}
          </p>
        ))}
      </body>
    </html>
  );
  return {
    subject: "Choose a new Licenzy password",
    text: `${parts.join("\n\n")}\n`,
    html: `<!doctype html>${html}`,
    ...(owner === null ? {} : { replyTo: owner.email }),
  };
}
