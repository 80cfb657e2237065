import { errorMessage } from "./log.ts";
import { DependencyUnavailableError, TimeoutError, withTimeout } from "./timeout.ts";

/** Result of a mail. What it says is already stored, so a failure is a value. */
export type MailOutcome = { outcome: "off" } | { outcome: "sent" } | MailFailure;

interface MailFailure {
  outcome: "failed";
  reason: string;
  /** The installation can send no mail now, to any address. */
  isOwnFault: boolean;
}

/** Time limit for the mail service. Of a page, the operator waits for it until then. */
const timeoutMs = 5_000;

/** The optional bindings of a worker that sends mail. */
export interface MailEnv {
  /** Cloudflare's Email Service. */
  MAIL?: SendEmail;
  /** The sender's address, at a domain that the Email Service may send for. */
  MAIL_FROM?: string;
  /** The portal's own origin, for links in emails. */
  PUBLIC_ORIGIN?: string;
}

export interface Message {
  subject: string;
  text: string;
  html: string;
  /** The address that a reply reaches. */
  replyTo?: string;
}

/**
 * Returns whether mail is configured. Also true for incomplete configuration, so that the page reports what
 * is missing.
 */
export const isMailEnabled = ({ MAIL, MAIL_FROM }: MailEnv): boolean =>
  MAIL !== undefined || Boolean(MAIL_FROM);

/** Returns what is missing in the configuration of this installation, or `null`: then no message can be sent. */
function findMailFault(env: MailEnv): string | null {
  if (env.MAIL === undefined) return "there is no binding MAIL";
  if (!env.MAIL_FROM) return "MAIL_FROM is not set";
  return getPublicOrigin(env) === null ? "PUBLIC_ORIGIN is not set, or is no address" : null;
}

/**
 * Passes the message to the mail service. A service that takes longer than 5 s counts as failed. Never
 * throws.
 */
export async function sendMail(env: MailEnv, to: string, message: Message): Promise<MailOutcome> {
  const fault = findMailFault(env);
  if (fault !== null) return { outcome: "failed", reason: fault, isOwnFault: true };
  const { MAIL, MAIL_FROM } = env as Required<MailEnv>;
  const from = { name: "Licenzy", email: MAIL_FROM };
  try {
    await withTimeout("the mail service", timeoutMs, MAIL.send({ from, to, ...message }));
    return { outcome: "sent" };
  } catch (error) {
    return describeFailure(error instanceof DependencyUnavailableError ? error.cause : error);
  }
}

/**
 * Returns the origin for links in emails. It is configured, since the Host header is under the sender's
 * control.
 */
export function getPublicOrigin({ PUBLIC_ORIGIN }: MailEnv): string | null {
  return /^https?:\/\/[^\s/?#]+/.exec(PUBLIC_ORIGIN ?? "")?.[0] ?? null;
}

/** Messages for the error codes of Cloudflare's Email Service that an owner can act on. */
const reasons: Record<string, string> = {
  E_SENDER_NOT_VERIFIED: "the domain of MAIL_FROM is not set up for sending",
  E_SENDER_DOMAIN_NOT_AVAILABLE: "the domain of MAIL_FROM is not set up for sending",
  E_RECIPIENT_NOT_ALLOWED: "the mail service may not send to this address",
  E_RECIPIENT_SUPPRESSED: "earlier mail to this address bounced or was reported as spam",
  E_DELIVERY_FAILED: "the mail server of this address refused it",
  E_RATE_LIMIT_EXCEEDED: "too many mails were sent just now",
  E_DAILY_LIMIT_EXCEEDED: "the mail service takes no more mails today",
};

/** Those of them that say nothing about the address. */
const ownFaults = new Set([
  "E_SENDER_NOT_VERIFIED",
  "E_SENDER_DOMAIN_NOT_AVAILABLE",
  "E_RATE_LIMIT_EXCEEDED",
  "E_DAILY_LIMIT_EXCEEDED",
]);

function describeFailure(cause: unknown): MailFailure {
  if (cause instanceof TimeoutError) {
    const reason = `the mail service did not answer within ${timeoutMs / 1000} seconds, so it may arrive or not`;
    return { outcome: "failed", reason, isOwnFault: false };
  }
  const message = errorMessage(cause);
  const code =
    cause instanceof Error && "code" in cause ? String(cause.code) : (message.split(":", 1)[0] ?? "");
  const reason = reasons[code] ?? `the mail service says “${message}”`;
  return { outcome: "failed", reason, isOwnFault: ownFaults.has(code) };
}

const maxNameLength = 80;

/**
 * Returns a name on one line, at most 80 characters long.
 *
 * Operators typed these names. A line break would begin a new header in a subject, or a paragraph that
 * appears to be from Licenzy in a text. Characters that change the writing direction are removed too.
 */
export function toOneLine(name: string): string {
  const line = name.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
  const letters = [...line];
  return letters.length > maxNameLength ? `${letters.slice(0, maxNameLength - 1).join("")}…` : line;
}
