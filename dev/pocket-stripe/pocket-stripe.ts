import { DurableObject } from "cloudflare:workers";
import { type ApiCall, type ApiReply, handleCall } from "./api.ts";
import { failCall, failedReply, takeFailure, toInUseEntry } from "./api-failures.ts";
import { runDueTimers } from "./clock.ts";
import { handleControl } from "./controls/handle-control.ts";
import { Deliverer, type DeliveryReport } from "./delivery.ts";
import { errorJson, StripeApiError, unknownPath } from "./errors.ts";
import { handleHostedPage } from "./hosted-pages.ts";
import { newId } from "./ids.ts";
import type { ObjectEnv } from "./object-env.ts";
import { handlePayPage, thanksPage } from "./pay-page.ts";
import { schema } from "./schema.ts";
import { nextTimer } from "./timers.ts";
import { apiVersion } from "./wire.ts";

const prefix = "/pocket-stripe";
const hangMs = 30_000;
/** Minimum delay of the alarm, so that a slow receiver can't make it spin. */
const minAlarmDelayMs = 250;

/**
 * Stateful Stripe emulator. It guarantees that a completed call is durable together with its events and its
 * stored reply. Every event reaches each enabled endpoint at least once, unless a control changes that. It
 * assumes that the virtual clock never goes back.
 *
 * A kill before the commit leaves no change, and the caller sees a broken connection. A kill after the
 * commit leaves pending deliveries, which the alarm of the same commit sends.
 */
export class PocketStripe extends DurableObject<ObjectEnv> {
  private readonly deliverer: Deliverer;
  private readonly keysInUse = new Set<string>();
  /** Last known offset of the virtual clock. `readClock` returns the current time. */
  private offsetMs = 0;

  constructor(ctx: DurableObjectState, env: ObjectEnv) {
    super(ctx, env);
    ctx.storage.sql.exec(schema);
    this.deliverer = new Deliverer(ctx.storage, env);
  }

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.slice(prefix.length);
    const body = await request.text();
    const now = await this.readClock();
    if (path.startsWith("/v1/")) {
      const form = request.method === "POST" ? body : url.search.slice(1);
      const { method, headers } = request;
      return this.answerApi({ method, path, form, headers, requestId: newId("req", 14), now });
    }
    if (path.startsWith("/pay/"))
      return this.answerPage(now, () =>
        handlePayPage(this.ctx.storage, this.env.PUBLIC_ORIGIN, {
          method: request.method,
          sessionId: path.slice("/pay/".length),
          form: body,
          now,
        }),
      );
    if (path.startsWith("/invoice/") || path.startsWith("/portal/"))
      return this.answerPage(now, () =>
        handleHostedPage(this.ctx.storage, this.env.PUBLIC_ORIGIN, {
          method: request.method,
          path: path.slice(1),
          form: body,
          now,
        }),
      );
    if (path.startsWith("/control/")) return this.answerControl(request.method, path + url.search, body, now);
    if (path === "/thanks") return thanksPage();
    return errorReply(unknownPath(request.method, url.pathname));
  }

  override async alarm(): Promise<void> {
    // Set the next alarm first, so that a failure below can't leave none. Then process what is due.
    await this.ctx.storage.setAlarm(Date.now() + hangMs);
    const now = await this.readClock();
    const { batch } = this.change(now, () => undefined);
    await this.deliver([...new Set([...this.deliverer.due(Date.now()), ...batch])].sort((a, b) => a - b));
  }

  private async answerApi(call: ApiCall): Promise<Response> {
    const { storage } = this.ctx;
    const failure = takeFailure(storage, call);
    if (failure !== null && !failure.lost) {
      if (typeof failure.fail !== "string")
        return apiResponse(failCall(storage, call, failure.fail.status), call);
      await this.loseConnection(failure.fail, toInUseEntry(call));
    }
    const host = { storage, publicOrigin: this.env.PUBLIC_ORIGIN, keysInUse: this.keysInUse };
    const { result, batch } = this.change(call.now, () => handleCall(host, call));
    // Stripe sends events after the response.
    this.ctx.waitUntil(this.deliver(batch).catch((error) => console.error(error)));
    if (failure !== null) {
      if (typeof failure.fail !== "string") return apiResponse(failedReply(call, failure.fail.status), call);
      await this.loseConnection(failure.fail, undefined);
    }
    return apiResponse(result, call);
  }

  private async answerPage(now: number, answer: () => Response): Promise<Response> {
    const { result, batch } = this.change(now, answer);
    // Stripe also delays the payer until the shop's webhook had its chance.
    await this.deliver(batch);
    return result;
  }

  private async answerControl(method: string, path: string, text: string, now: number): Promise<Response> {
    const world = { storage: this.ctx.storage, publicOrigin: this.env.PUBLIC_ORIGIN, now };
    try {
      const { result, batch } = this.change(now, () => handleControl(world, method, path, text));
      const deliveries = await this.deliver([...new Set([...(result.send ?? []), ...batch])]);
      if (result.settle) await this.deliverer.settled();
      return Response.json({ ...result.reply, deliveries });
    } catch (error) {
      return errorReply(error);
    }
  }

  /**
   * Runs due timers, then `work`, and returns the deliveries that both caused.
   *
   * Nothing is awaited, so that all writes and the alarm are one commit. `work` has its own transaction,
   * and its error rolls back only that.
   */
  private change<T>(now: number, work: () => T): { result: T; batch: number[] } {
    const { storage } = this.ctx;
    const before = this.deliverer.lastSequence();
    try {
      storage.transactionSync(() => runDueTimers(storage, this.env.PUBLIC_ORIGIN, now));
      const result = work();
      return { result, batch: this.deliverer.pendingAfter(before) };
    } finally {
      this.setNextAlarm();
    }
  }

  private async deliver(sequences: number[]): Promise<DeliveryReport[]> {
    const reports = await this.deliverer.send(sequences);
    this.setNextAlarm();
    return reports;
  }

  private setNextAlarm(): void {
    const timer = nextTimer(this.ctx.storage.sql);
    const times = [this.deliverer.nextAtMs(), timer && timer.at * 1000 - this.offsetMs].filter(
      (at) => at !== undefined,
    );
    if (times.length === 0) this.ctx.storage.deleteAlarm();
    else this.ctx.storage.setAlarm(Math.max(Math.min(...times), Date.now() + minAlarmDelayMs));
  }

  /** Returns the virtual time in seconds since 1970. An outdated response does not turn the clock back. */
  private async readClock(): Promise<number> {
    this.offsetMs = Math.max(this.offsetMs, (await this.env.DEV?.clockOffsetMs()) ?? 0);
    return Math.floor((Date.now() + this.offsetMs) / 1000);
  }

  /** Never returns. The API caller sees a connection that breaks, at once or after a long silence. */
  private async loseConnection(how: "hang" | "reset", keyInUse: string | undefined): Promise<never> {
    if (how === "hang") {
      if (keyInUse !== undefined) this.keysInUse.add(keyInUse);
      await new Promise((resolve) => setTimeout(resolve, hangMs));
      if (keyInUse !== undefined) this.keysInUse.delete(keyInUse);
    }
    throw new Error("Connection closed by control/api");
  }
}

function apiResponse(reply: ApiReply, call: ApiCall): Response {
  const key = call.headers.get("idempotency-key");
  const headers = new Headers({
    "content-type": "application/json",
    // Clients compare reads by this header, so it must use the virtual clock.
    date: new Date(call.now * 1000).toUTCString(),
    "request-id": call.requestId,
    "stripe-version": call.headers.get("stripe-version") ?? apiVersion,
  });
  if (key !== null) headers.set("idempotency-key", key);
  if (reply.replayed) {
    headers.set("idempotent-replayed", "true");
    headers.set("original-request", reply.requestId);
  }
  return new Response(reply.body, { status: reply.status, headers });
}

function errorReply(error: unknown): Response {
  if (!(error instanceof StripeApiError)) throw error;
  return Response.json(errorJson(error.error, newId("req", 14)), { status: error.status });
}
