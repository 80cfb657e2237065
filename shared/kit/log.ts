type LogLevel = "info" | "warn" | "error";

/**
 * The fields that a log line may have besides time, level and event. The list is closed, so that no value is
 * logged merely because it is available: no key, token, secret, payload or personal address. A customer's
 * `subject_ref` is often an email address, so `subjectTag` replaces it. Lines use snake_case names.
 */
export interface LogFields {
  requestId?: string;
  method?: string;
  /** The route's pattern. The path itself may contain a customer's name or a one-time link. */
  route?: string;
  status?: number | null;
  outcome?: string;
  /** The error code of the response. */
  code?: string | undefined;
  durationMs?: number;
  projectId?: string;
  mode?: string;
  keyId?: string;
  operatorId?: string;
  subjectTag?: string | undefined;
  decisionId?: string;
  allowed?: boolean;
  /** The denial reason of a check. */
  reason?: string;
  units?: number;
  replayed?: boolean;
  /** The ledger sequence. With `fromSequence`, the last of several entries. */
  sequence?: number | null;
  fromSequence?: number;
  attemptId?: string;
  connectionId?: string;
  stripeEventId?: string;
  stripeEventType?: string;
  foundBy?: string;
  /** The number of ledger entries written. */
  changes?: number;
  tries?: number;
  eventId?: string;
  deliveryId?: string;
  endpointId?: string;
  jobId?: string;
  epoch?: number;
  /** A message of an alert: its id, its channel's id and kind, and its kind. */
  messageId?: string;
  channelId?: string;
  channelKind?: string;
  messageKind?: string;
  /** The number of a delivery attempt, or of an attempt of a message. */
  attempt?: number;
  queue?: string;
  /** How many times the queue has delivered the message. */
  handedOut?: number;
  sweep?: string;
  counts?: object;
  /** Time from the oldest ledger entry of a flush until that entry is in D1. */
  lagMs?: number;
  failures?: number;
  bytes?: number;
  count?: number;
  what?: string;
  message?: string;
  error?: string;
  cause?: string | undefined;
}

const ranks: Record<string, number> = { info: 0, warn: 1, error: 2 };

/**
 * Returns whether lines of this level are written: `LOG_LEVEL` and above, `warn` and above if it is not set.
 */
export function isLogged(level: LogLevel): boolean {
  return (ranks[level] ?? 0) >= (ranks[process.env["LOG_LEVEL"] ?? ""] ?? 1);
}

/**
 * Returns whether a line is written that is one of many alike: a random share of them, `LOG_SHARE`, or all if it is not set.
 * Call it for what went well only.
 */
export function isInLogShare(): boolean {
  const share = Number(process.env["LOG_SHARE"] || "1");
  // Not a number: a mistake in a variable must not hide lines.
  return !(share < 1) || Math.random() < share;
}

/**
 * Writes one line of JSON. A disabled level costs one lookup, but the fields are computed first: callers
 * check `isLogged` before computing expensive ones.
 */
export function log(level: LogLevel, event: string, fields: LogFields = {}): void {
  if (!isLogged(level)) return;
  const line: Record<string, unknown> = { at: new Date().toISOString(), level, event };
  for (const [name, value] of Object.entries(fields)) line[toWireName(name)] = value;
  console[level](JSON.stringify(line));
}

const wireNames = new Map<string, string>();

function toWireName(name: string): string {
  let cached = wireNames.get(name);
  if (cached === undefined) {
    cached = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    wireNames.set(name, cached);
  }
  return cached;
}

/** Secrets and personal data that error messages of libraries and services may contain. */
const sensitivePatterns = [
  /\b(?:sk|rk|pk)_(?:test|live)_\w+/g,
  /\bwhsec_[\w+/=]+/g,
  /\blz_(?:test|live)_\w+/g,
  /\bBearer +\S+/gi,
  /\/(?:invitations|reset|r)\/\w+/g,
  /[^\s@"'<>(]+@[^\s@"'<>)]+\.[a-z]{2,}/gi,
];

/**
 * Returns the message of a caught value for a log line or an inbox row. Keys, secrets and email addresses are
 * removed, and the message is cut to 500 characters.
 */
export function errorMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return sensitivePatterns
    .reduce((text, pattern) => text.replace(pattern, "[removed]"), message)
    .slice(0, 500);
}
