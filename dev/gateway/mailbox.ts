import { WorkerEntrypoint } from "cloudflare:workers";

/** What the portal hands to its binding `MAIL`, told structurally: workers never import each other. */
interface Mail {
  from: { name: string; email: string };
  to: string;
  replyTo: string;
  subject: string;
  text: string;
  html: string;
}

const mostKept = 200;

/** Newest first, of this run of the stack: nobody needs a mail of yesterday's run. */
const kept: (Mail & { at: string })[] = [];

export const keptMails = (): readonly Mail[] => kept;

/**
 * Stands for Cloudflare's Email Service: keeps what would be sent, for `GET /__dev/mail`. Addresses at `.invalid`, which
 * nobody has, play its failures: those at `hangs.invalid` get no answer in time, all others are refused.
 */
export class Mailbox extends WorkerEntrypoint {
  async send(mail: Mail): Promise<{ messageId: string }> {
    if (mail.to.endsWith("@hangs.invalid")) await scheduler.wait(30_000);
    if (mail.to.endsWith(".invalid"))
      throw new Error("E_RECIPIENT_SUPPRESSED: the recipient is on the suppression list");
    kept.unshift({ at: new Date().toISOString(), ...mail });
    kept.splice(mostKept);
    return { messageId: `<${crypto.randomUUID()}@mailbox.invalid>` };
  }
}
