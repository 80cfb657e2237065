import { DurableObject } from "cloudflare:workers";
import { findSignatureError } from "./verify.ts";

/** The configured response. Missing members default to an immediate 200. */
export interface ReceiverResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
  delayMs: number;
  /** Number of requests after which it responds with 200 again. `null` for no limit. */
  times: number | null;
}

/** The result of one request. */
export type Verdict =
  /** Verified, new, and newer than the stored sequence of its subject. */
  | "applied"
  /** Verified and new, but a later event of this subject was stored before: its state is dropped. */
  | "superseded"
  /** Verified, and processed before: not processed again. */
  | "duplicate"
  /** Verified, but the configured response is an error: not processed. */
  | "failed"
  | "unverified";

export interface LogEntry {
  number: number;
  receivedAt: number;
  verdict: Verdict;
  /** Why the signature was not verified, if so. */
  fault: string | null;
  answered: number;
  eventId: string | null;
  deliveryId: string | null;
  attempt: number | null;
  type: string | null;
  subjectRef: string | null;
  sequence: number | null;
  body: string;
}

const defaultAnswer: ReceiverResponse = { status: 200, headers: {}, body: "", delayMs: 0, times: null };
const maxEntries = 1_000;

const schema = `
  CREATE TABLE IF NOT EXISTS log (number INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS processed (event_id TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS subjects (subject_ref TEXT PRIMARY KEY, sequence INTEGER NOT NULL);`;

interface DeliveredEvent {
  type: string;
  data: { subject_ref: string | null; sequence: number | null };
}

/**
 * An exemplary backend of a Licenzy customer (docs-site/pages/webhooks.md). It verifies signatures, remembers
 * processed events, and drops events older than the stored sequence of their subject. It responds with 200
 * only for what it has stored.
 */
export class Receiver extends DurableObject {
  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    ctx.storage.sql.exec(schema);
  }

  setSecret(secret: string): void {
    this.ctx.storage.kv.put("secret", secret);
  }

  setAnswer(answer: Partial<ReceiverResponse>): ReceiverResponse {
    const complete = { ...defaultAnswer, ...answer };
    this.ctx.storage.kv.put("answer", complete);
    return complete;
  }

  answer(): ReceiverResponse {
    return this.ctx.storage.kv.get<ReceiverResponse>("answer") ?? defaultAnswer;
  }

  /** Returns the log, newest first. */
  log(): LogEntry[] {
    return this.ctx.storage.sql
      .exec<{ number: number; entry: string }>("SELECT number, entry FROM log ORDER BY number DESC")
      .toArray()
      .map(({ number, entry }) => ({ ...(JSON.parse(entry) as Omit<LogEntry, "number">), number }));
  }

  clear(): void {
    for (const table of ["log", "processed", "subjects"]) this.ctx.storage.sql.exec(`DELETE FROM ${table}`);
  }

  /** Processes one delivery in one transaction and returns the response. The caller waits for the delay. */
  receive(headers: Headers, body: string, nowMs: number): ReceiverResponse {
    return this.ctx.storage.transactionSync(() => {
      const answer = this.nextAnswer();
      const secret = this.ctx.storage.kv.get<string>("secret");
      const fault =
        secret === undefined ? "it has no secret yet" : findSignatureError(secret, headers, body, nowMs);
      const event = fault === null ? (JSON.parse(body) as DeliveredEvent) : null;
      const eventId = headers.get("webhook-id");
      const isFailure = answer.status < 200 || answer.status > 299;
      const verdict =
        event === null ? "unverified" : isFailure ? "failed" : this.process(eventId ?? "", event);
      const answered = verdict === "unverified" && !isFailure ? 401 : answer.status;
      this.append({
        receivedAt: nowMs,
        verdict,
        fault,
        answered,
        eventId,
        deliveryId: headers.get("licenzy-delivery"),
        attempt: Number(headers.get("licenzy-attempt")) || null,
        type: event?.type ?? null,
        subjectRef: event?.data.subject_ref ?? null,
        sequence: event?.data.sequence ?? null,
        body,
      });
      return { ...answer, status: answered };
    });
  }

  private process(eventId: string, { data: { subject_ref, sequence } }: DeliveredEvent): Verdict {
    const { sql } = this.ctx.storage;
    if (sql.exec("SELECT 1 FROM processed WHERE event_id = ?", eventId).toArray().length > 0)
      return "duplicate";
    sql.exec("INSERT INTO processed VALUES (?)", eventId);
    if (subject_ref === null || sequence === null) return "applied";
    const [known] = sql
      .exec<{ sequence: number }>("SELECT sequence FROM subjects WHERE subject_ref = ?", subject_ref)
      .toArray();
    // One change may cause several events with the same sequence. Only older sequences are dropped.
    if (known !== undefined && known.sequence > sequence) return "superseded";
    sql.exec(
      `INSERT INTO subjects VALUES (?1, ?2) ON CONFLICT DO UPDATE SET sequence = excluded.sequence`,
      subject_ref,
      sequence,
    );
    return "applied";
  }

  private nextAnswer(): ReceiverResponse {
    const answer = this.answer();
    if (answer.times === null) return answer;
    if (answer.times <= 0) return defaultAnswer;
    this.ctx.storage.kv.put("answer", { ...answer, times: answer.times - 1 });
    return answer;
  }

  private append(entry: Omit<LogEntry, "number">): void {
    const { sql } = this.ctx.storage;
    sql.exec("INSERT INTO log (entry) VALUES (?)", JSON.stringify(entry));
    sql.exec("DELETE FROM log WHERE number <= (SELECT max(number) FROM log) - ?", maxEntries);
  }
}
