import { WorkerEntrypoint } from "cloudflare:workers";

/**
 * An email as the portal passes it to its binding `MAIL`. Declared structurally, since workers never import
 * each other.
 */
interface Mail {
  from: { name: string; email: string };
  to: string;
  replyTo: string;
  subject: string;
  text: string;
  html: string;
}

const maxMails = 200;

/** Emails of this run of the stack, newest first. They are not kept across restarts. */
const mails: (Mail & { at: string })[] = [];

export const listMails = (): readonly Mail[] => mails;

/**
 * Replaces Cloudflare's Email Service: stores emails for `GET /__dev/mail` instead of sending them.
 *
 * Addresses at `.invalid` simulate failures. Those at `hangs.invalid` time out, and all others are
 * rejected.
 */
export class Mailbox extends WorkerEntrypoint {
  async send(mail: Mail): Promise<{ messageId: string }> {
    if (mail.to.endsWith("@hangs.invalid")) await scheduler.wait(30_000);
    if (mail.to.endsWith(".invalid"))
      throw new Error("E_RECIPIENT_SUPPRESSED: the recipient is on the suppression list");
    mails.unshift({ at: new Date().toISOString(), ...mail });
    mails.splice(maxMails);
    return { messageId: `<${crypto.randomUUID()}@mailbox.invalid>` };
  }
}
