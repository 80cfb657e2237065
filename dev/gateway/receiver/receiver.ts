import { DurableObject } from "cloudflare:workers";
import type { GatewayEnv } from "../env.ts";
import { signatureFault } from "./verify.ts";

/** How the receiver is told to answer; what is left out is as in life: 200, at once. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
  delayMs: number;
  /** After so many requests it answers 200 again; `null` for ever. */
  times: number | null;
}

/** What became of one request. */
export type Verdict =
  /** Verified, new, and newer than what was known of its subject. */
  | "applied"
  /** Verified and new, but a later event of this subject came before: its state is dropped. */
  | "superseded"
  /** Verified, and had before: nothing is done a second time. */
  | "duplicate"
  /** Verified, and answered with what the receiver was told to: not processed. */
  | "failed"
  | "unverified";

export interface LogEntry {
  number: number;
  receivedAt: number;
  verdict: Verdict;
  /** What is wrong with the signature, when it was not verified. */
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

const normal: Answer = { status: 200, headers: {}, body: "", delayMs: 0, times: null };
const entriesKept = 1_000;

const schema = `
  CREATE TABLE IF NOT EXISTS log (number INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS processed (event_id TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS subjects (subject_ref TEXT PRIMARY KEY, sequence INTEGER NOT NULL);`;

interface DeliveredEvent {
  type: string;
  data: { subject_ref: string | null; sequence: number | null };
}

/**
 * A customer's backend as it should be (docs/receiver-guide.md): it verifies, remembers which events it has processed,
 * drops what is older than it knows of a subject, and answers 200 only for what it has stored.
 */
export class Receiver extends DurableObject<GatewayEnv> {
  constructor(ctx: DurableObjectState, env: GatewayEnv) {
    super(ctx, env);
    ctx.storage.sql.exec(schema);
  }

  setSecret(secret: string): void {
    this.ctx.storage.kv.put("secret", secret);
  }

  setAnswer(answer: Partial<Answer>): Answer {
    const complete = { ...normal, ...answer };
    this.ctx.storage.kv.put("answer", complete);
    return complete;
  }

  answer(): Answer {
    return this.ctx.storage.kv.get<Answer>("answer") ?? normal;
  }

  /** Newest first. */
  log(): LogEntry[] {
    return this.ctx.storage.sql
      .exec<{ number: number; entry: string }>("SELECT number, entry FROM log ORDER BY number DESC")
      .toArray()
      .map(({ number, entry }) => ({ ...(JSON.parse(entry) as Omit<LogEntry, "number">), number }));
  }

  clear(): void {
    for (const table of ["log", "processed", "subjects"]) this.ctx.storage.sql.exec(`DELETE FROM ${table}`);
  }

  /** Takes one delivery in one transaction and returns the answer to it; the delay is the caller's to wait. */
  receive(headers: Headers, body: string, nowMs: number): Answer {
    return this.ctx.storage.transactionSync(() => {
      const answer = this.nextAnswer();
      const secret = this.ctx.storage.kv.get<string>("secret");
      const fault =
        secret === undefined ? "it has no secret yet" : signatureFault(secret, headers, body, nowMs);
      const event = fault === null ? (JSON.parse(body) as DeliveredEvent) : null;
      const eventId = headers.get("webhook-id");
      const isRefused = answer.status < 200 || answer.status > 299;
      const verdict =
        event === null ? "unverified" : isRefused ? "failed" : this.process(eventId ?? "", event);
      const answered = verdict === "unverified" && !isRefused ? 401 : answer.status;
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
    // One change may be told by several events, all of one sequence: only what is older is dropped.
    if (known !== undefined && known.sequence > sequence) return "superseded";
    sql.exec(
      `INSERT INTO subjects VALUES (?1, ?2) ON CONFLICT DO UPDATE SET sequence = excluded.sequence`,
      subject_ref,
      sequence,
    );
    return "applied";
  }

  private nextAnswer(): Answer {
    const answer = this.answer();
    if (answer.times === null) return answer;
    if (answer.times <= 0) return normal;
    this.ctx.storage.kv.put("answer", { ...answer, times: answer.times - 1 });
    return answer;
  }

  private append(entry: Omit<LogEntry, "number">): void {
    const { sql } = this.ctx.storage;
    sql.exec("INSERT INTO log (entry) VALUES (?)", JSON.stringify(entry));
    sql.exec("DELETE FROM log WHERE number <= (SELECT max(number) FROM log) - ?", entriesKept);
  }
}
