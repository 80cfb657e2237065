import { DurableObject } from "cloudflare:workers";
import { type ApiCall, type ApiReply, answerCall } from "./api.ts";
import { failCall, failedReply, nameOfKeyIn, takeFailure } from "./api-failures.ts";
import { catchUp } from "./clock.ts";
import { answerControl } from "./controls/answer-control.ts";
import { Deliverer, type DeliveryReport } from "./delivery.ts";
import type { Env } from "./env.ts";
import { errorJson, StripeFailure, unknownPath } from "./errors.ts";
import { newId } from "./ids.ts";
import { answerPayer, thanksPage } from "./pay-page.ts";
import { schema } from "./schema.ts";
import { nextTimer } from "./timers.ts";
import { apiVersion } from "./wire.ts";

const prefix = "/pocket-stripe";
const hangMs = 30_000;
/** The alarm never comes sooner than this after it was set, whatever waits: a slow receiver must not make it spin. */
const shortestAlarmMs = 250;

/**
 * Stripe, small enough for a laptop. It guarantees: an answered call is durable together with its events and with
 * what its idempotency key will be answered; every event reaches every enabled endpoint at least once, unless a
 * control said otherwise. It assumes that the virtual clock never goes back.
 *
 * A kill before the commit leaves nothing, the caller sees a broken connection. One after the commit leaves the
 * deliveries as pending rows, and the alarm, which was set in the same commit, sends them.
 */
export class PocketStripe extends DurableObject<Env> {
  private readonly deliverer: Deliverer;
  private readonly keysInUse = new Set<string>();
  /** How far the virtual clock is ahead, as last heard. Whoever needs the present asks. */
  private offsetMs = 0;

  constructor(ctx: DurableObjectState, env: Env) {
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
      return this.answerPayPage(request.method, path.slice("/pay/".length), body, now);
    if (path.startsWith("/control/")) return this.answerControl(request.method, path + url.search, body, now);
    if (path === "/thanks") return thanksPage();
    return errorReply(unknownPath(request.method, url.pathname));
  }

  override async alarm(): Promise<void> {
    // First the next one, so that a failure below can't leave us without; then what is due.
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
      await this.loseConnection(failure.fail, nameOfKeyIn(call));
    }
    const host = { storage, publicOrigin: this.env.PUBLIC_ORIGIN, keysInUse: this.keysInUse };
    const { result, batch } = this.change(call.now, () => answerCall(host, call));
    // Stripe answers first and sends its events then.
    this.ctx.waitUntil(this.deliver(batch).catch((error) => console.error(error)));
    if (failure !== null) {
      if (typeof failure.fail !== "string") return apiResponse(failedReply(call, failure.fail.status), call);
      await this.loseConnection(failure.fail, undefined);
    }
    return apiResponse(result, call);
  }

  private async answerPayPage(
    method: string,
    sessionId: string,
    form: string,
    now: number,
  ): Promise<Response> {
    const { storage } = this.ctx;
    const answer = () => answerPayer(storage, this.env.PUBLIC_ORIGIN, { method, sessionId, form, now });
    const { result, batch } = this.change(now, answer);
    // Stripe too lets the payer wait until the shop's webhook had its chance.
    await this.deliver(batch);
    return result;
  }

  private async answerControl(method: string, path: string, text: string, now: number): Promise<Response> {
    const world = { storage: this.ctx.storage, publicOrigin: this.env.PUBLIC_ORIGIN, now };
    try {
      const { result, batch } = this.change(now, () => answerControl(world, method, path, text));
      const deliveries = await this.deliver([...new Set([...(result.send ?? []), ...batch])]);
      if (result.settle) await this.deliverer.settled();
      return Response.json({ ...result.reply, deliveries });
    } catch (error) {
      return errorReply(error);
    }
  }

  /**
   * Lets the clock catch up, then does `work`, and says which deliveries came of both. Nothing is awaited in here, so
   * all of it and the alarm are one commit. `work` has its own transaction, and what it throws undoes only that.
   */
  private change<T>(now: number, work: () => T): { result: T; batch: number[] } {
    const { storage } = this.ctx;
    const before = this.deliverer.lastSequence();
    try {
      storage.transactionSync(() => catchUp(storage, this.env.PUBLIC_ORIGIN, now));
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
    else this.ctx.storage.setAlarm(Math.max(Math.min(...times), Date.now() + shortestAlarmMs));
  }

  /** Seconds since 1970, on the virtual clock. An answer that was overtaken by a newer one doesn't turn it back. */
  private async readClock(): Promise<number> {
    this.offsetMs = Math.max(this.offsetMs, await this.env.DEV.clockOffsetMs());
    return Math.floor((Date.now() + this.offsetMs) / 1000);
  }

  /** Never returns: the caller of the API sees a connection that breaks, at once or after a long silence. */
  private async loseConnection(how: "hang" | "reset", keyInUse: string | undefined): Promise<never> {
    if (how === "hang") {
      if (keyInUse !== undefined) this.keysInUse.add(keyInUse);
      await new Promise((resolve) => setTimeout(resolve, hangMs));
      if (keyInUse !== undefined) this.keysInUse.delete(keyInUse);
    }
    throw new Error("The connection breaks because control/api asked for it");
  }
}

function apiResponse(reply: ApiReply, call: ApiCall): Response {
  const key = call.headers.get("idempotency-key");
  const headers = new Headers({
    "content-type": "application/json",
    // What a read is compared by, so it must be of the same clock as everything in the answer.
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
  if (!(error instanceof StripeFailure)) throw error;
  return Response.json(errorJson(error.error, newId("req", 14)), { status: error.status });
}
