type LogLevel = "info" | "warn" | "error";

/**
 * Everything that a line may say besides its time, level and event. A closed list, so that nothing gets into a log because
 * it happened to be at hand: no key, token, secret, payload, address of a person, nor a customer's `subject_ref`, which is
 * often an e-mail address (`subjectTag` stands for it). On the line the names are in snake_case.
 */
export interface LogFields {
  requestId?: string;
  method?: string;
  /** The route's pattern: the path itself may name a customer or hold a one-time link. */
  route?: string;
  status?: number | null;
  outcome?: string;
  /** The refusal's code. */
  code?: string | undefined;
  durationMs?: number;
  projectId?: string;
  mode?: string;
  keyId?: string;
  operatorId?: string;
  subjectTag?: string | undefined;
  decisionId?: string;
  allowed?: boolean;
  /** Why a check was denied. */
  reason?: string;
  units?: number;
  replayed?: boolean;
  /** Of the ledger; with `fromSequence` the last of several entries. */
  sequence?: number | null;
  fromSequence?: number;
  attemptId?: string;
  connectionId?: string;
  stripeEventId?: string;
  stripeEventType?: string;
  foundBy?: string;
  /** Ledger entries that were made. */
  changes?: number;
  tries?: number;
  eventId?: string;
  deliveryId?: string;
  endpointId?: string;
  jobId?: string;
  epoch?: number;
  /** The number of a delivery attempt. */
  attempt?: number;
  queue?: string;
  /** How often the queue has handed out the message. */
  handedOut?: number;
  sweep?: string;
  counts?: object;
  /** From the oldest ledger entry of a flush to its being in D1. */
  lagMs?: number;
  failures?: number;
  count?: number;
  what?: string;
  message?: string;
  error?: string;
  cause?: string | undefined;
}

const ranks: Record<string, number> = { info: 0, warn: 1, error: 2 };

/** Whether lines of this level are written: those of the variable `LOG_LEVEL` and above it, `warn` where it is not set. */
export function isLogged(level: LogLevel): boolean {
  return (ranks[level] ?? 0) >= (ranks[process.env["LOG_LEVEL"] ?? ""] ?? 1);
}

/** One line of JSON. Costs one look-up where its level is off; what is dear to find out is for the caller to ask about first. */
export function log(level: LogLevel, event: string, fields: LogFields = {}): void {
  if (!isLogged(level)) return;
  const line: Record<string, unknown> = { at: new Date().toISOString(), level, event };
  for (const [name, value] of Object.entries(fields)) line[wireName(name)] = value;
  console[level](JSON.stringify(line));
}

const wireNames = new Map<string, string>();

function wireName(name: string): string {
  let known = wireNames.get(name);
  if (known === undefined) {
    known = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    wireNames.set(name, known);
  }
  return known;
}

/** What others' error messages may quote. */
const neverSaid = [
  /\b(?:sk|rk|pk)_(?:test|live)_\w+/g,
  /\bwhsec_[\w+/=]+/g,
  /\blz_(?:test|live)_\w+/g,
  /\bBearer +\S+/gi,
  /\/invitations\/\w+/g,
  /[^\s@"'<>(]+@[^\s@"'<>)]+\.[a-z]{2,}/gi,
];

/**
 * What may be said of a caught value in a log or an inbox row: its message without keys, secrets and e-mail addresses, at
 * most 500 characters.
 */
export function errorMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return neverSaid.reduce((text, secret) => text.replace(secret, "[removed]"), message).slice(0, 500);
}
