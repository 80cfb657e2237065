import { currentTime } from "../../shared/kit/clock.ts";
import { openContext } from "./context.ts";
import type { ObjectEnv } from "./object-env.ts";
import { renderForVersion } from "./render.ts";
import { parseScope } from "./scope.ts";
import { signWebhook } from "./signature.ts";
import type { StoredEvent } from "./wire.ts";

/** The report of one attempt in a control's reply. */
export interface DeliveryReport {
  event: string;
  type: string;
  endpoint: string;
  /** `null` when the receiver was unreachable or timed out. */
  status: number | null;
  error: string | null;
}

interface DeliveryRow extends Record<string, SqlStorageValue> {
  seq: number;
  scope: string;
  event: string;
  endpoint: string;
  attempts: number;
}

const timeoutMs = 10_000;
/**
 * Delay before each retry, on the machine's clock. Retries span three days, as with Stripe, but the first
 * ones come sooner.
 */
const retryAfterMs = [1, 5, 30, 120, 600, 3_600, 3 * 3_600, 12 * 3_600, 24 * 3_600, 24 * 3_600].map(
  (s) => s * 1_000,
);

/**
 * Sends the deliveries in the table. A delivery is committed before it is sent, and marked as delivered
 * only after the receiver's response. A kill may repeat a delivery, but never loses one.
 */
export class Deliverer {
  /** Deliveries that this instance is sending, so that the alarm does not send them too. */
  private readonly underway = new Set<number>();
  private readonly sending = new Set<Promise<unknown>>();

  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly env: ObjectEnv,
  ) {}

  lastSequence(): number {
    return this.number("SELECT coalesce(max(seq), 0) AS number FROM deliveries") ?? 0;
  }

  /** Returns the pending deliveries created after `sequence`. Held deliveries are excluded. */
  pendingAfter(sequence: number): number[] {
    return this.numbers(
      "SELECT seq AS number FROM deliveries WHERE seq > ? AND state = 'pending' ORDER BY seq",
      sequence,
    );
  }

  due(nowMs: number): number[] {
    return this.numbers(
      "SELECT seq AS number FROM deliveries WHERE state = 'pending' AND next_at_ms <= ? ORDER BY seq",
      nowMs,
    );
  }

  nextAtMs(): number | undefined {
    return this.number("SELECT min(next_at_ms) AS number FROM deliveries WHERE state = 'pending'");
  }

  /**
   * Sends deliveries in the given order, one at a time for each endpoint. Endpoints do not wait for each
   * other.
   */
  async send(sequences: number[]): Promise<DeliveryReport[]> {
    const sending = this.sendAll(sequences);
    this.sending.add(sending);
    try {
      return await sending;
    } finally {
      this.sending.delete(sending);
    }
  }

  /** Resolves when all running deliveries have been attempted, including those of other requests. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.sending);
  }

  private async sendAll(sequences: number[]): Promise<DeliveryReport[]> {
    const rows = sequences.filter((seq) => !this.underway.has(seq)).flatMap((seq) => this.read(seq) ?? []);
    for (const { seq } of rows) this.underway.add(seq);
    const reports = new Map<number, DeliveryReport>();
    const sendLane = async (lane: DeliveryRow[]) => {
      for (const row of lane) {
        try {
          const report = await this.attempt(row);
          if (report !== null) reports.set(row.seq, report);
        } finally {
          this.underway.delete(row.seq);
        }
      }
    };
    const lanes = Map.groupBy(rows, (row) => row.endpoint);
    await Promise.all([...lanes.values()].map(sendLane));
    return rows.flatMap(({ seq }) => reports.get(seq) ?? []);
  }

  private async attempt(row: DeliveryRow): Promise<DeliveryReport | null> {
    const now = Math.floor((await currentTime(this.env.DEV)) / 1000);
    const context = openContext(this.storage, this.env.PUBLIC_ORIGIN, parseScope(row.scope), now);
    const endpoint = context.objects.find("webhook_endpoint", row.endpoint);
    if (endpoint === undefined || endpoint.status !== "enabled") {
      this.storage.sql.exec("UPDATE deliveries SET state = 'canceled' WHERE seq = ?", row.seq);
      return null;
    }
    const event = this.readEvent(row.event);
    const body = JSON.stringify(renderForVersion(context, event, endpoint.api_version), null, 2);
    const outcome = await this.post(endpoint.url, body, signWebhook(endpoint.secret ?? "", body, now));
    this.record(row, outcome);
    return { event: event.id, type: event.type, endpoint: endpoint.id, ...outcome };
  }

  private async post(
    url: string,
    body: string,
    signature: string,
  ): Promise<Pick<DeliveryReport, "status" | "error">> {
    const request = new Request(url, {
      method: "POST",
      headers: {
        "content-type": "application/json; charset=utf-8",
        "stripe-signature": signature,
        "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    try {
      const { GATEWAY: gateway, PUBLIC_ORIGIN: own } = this.env;
      const isInside = gateway !== undefined && new URL(url).origin === own;
      const reply = await (isInside ? gateway.fetch(request) : fetch(request));
      await reply.body?.cancel();
      return { status: reply.status, error: null };
    } catch (error) {
      return { status: null, error: String(error) };
    }
  }

  private record(row: DeliveryRow, { status, error }: Pick<DeliveryReport, "status" | "error">): void {
    const delivered = status !== null && status >= 200 && status < 300;
    const waitMs = retryAfterMs[row.attempts];
    this.storage.sql.exec(
      "UPDATE deliveries SET state = ?, attempts = attempts + 1, next_at_ms = ?, last_status = ?, last_error = ? WHERE seq = ?",
      delivered ? "delivered" : waitMs === undefined ? "failed" : "pending",
      Date.now() + (waitMs ?? 0),
      status,
      error,
      row.seq,
    );
  }

  /** Reads an event of any account: that of a connected account is not in the scope of the endpoint. */
  private readEvent(id: string): StoredEvent {
    const query = "SELECT json FROM objects WHERE id = ? AND type = 'event'";
    return JSON.parse(this.storage.sql.exec<{ json: string }>(query, id).one().json) as StoredEvent;
  }

  private read(seq: number): DeliveryRow | undefined {
    return this.storage.sql
      .exec<DeliveryRow>("SELECT seq, scope, event, endpoint, attempts FROM deliveries WHERE seq = ?", seq)
      .toArray()[0];
  }

  private numbers(query: string, ...values: SqlStorageValue[]): number[] {
    return this.storage.sql
      .exec<{ number: number }>(query, ...values)
      .toArray()
      .map((row) => row.number);
  }

  private number(query: string): number | undefined {
    return this.storage.sql.exec<{ number: number | null }>(query).one().number ?? undefined;
  }
}
