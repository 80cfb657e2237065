import { DurableObject } from "cloudflare:workers";
import type { CustomerView } from "../../../shared/contract/operations/customer-views.ts";
import { type ConsumeCommand, decideConsume, usageRemaining } from "../../../shared/domain/consume.ts";
import { decideStripe } from "../../../shared/domain/decide-stripe.ts";
import { decideAccess } from "../../../shared/domain/decision.ts";
import { nextReview, type Review } from "../../../shared/domain/review-subscription.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { RuntimeEnv } from "../env.ts";
import type { ConsumeCall, ConsumeResult, DecisionAt, StripeResult, SubjectReading } from "./answers.ts";
import { applyManual, type ManualResult } from "./apply-manual.ts";
import { Arrivals } from "./arrivals.ts";
import { type DecisionAsOf, decisionAsOf, type PastMoment } from "./as-of.ts";
import { change } from "./change.ts";
import { customerView, type EntryPage } from "./customer-view.ts";
import type { Erasure } from "./erase.ts";
import { type ExportedState, exportEntries, exportRequests, exportState } from "./export.ts";
import { foldHistory } from "./fold.ts";
import {
  type ManualCommand,
  type ManualPreview,
  type ManualRefused,
  type ManualRequest,
  previewManual,
} from "./manual.ts";
import { Outbox } from "./outbox.ts";
import { type Packed, pack, unpack } from "./packed.ts";
import { type RestoreRequest, restoreEvents } from "./restore-events.ts";
import { SubjectStore } from "./store.ts";
import { previewStripe, type StripeCommand, type StripePreview, stripeContext } from "./stripe.ts";
import { type Verification, verify } from "./verify.ts";

/**
 * One subject of one project and mode: its entitlements, balances, idempotency records and ledger (spec page 2).
 *
 * Guarantees: what a method answers is durable before the answer leaves (the platform's output gate); a request with
 * an idempotency key that was answered is answered the same for ever; every change is one ledger entry.
 * A subject that was only asked about leaves nothing in storage.
 */
export class Subject extends DurableObject<RuntimeEnv> {
  private readonly store: SubjectStore;
  private readonly outbox: Outbox;
  private readonly arrivals = new Arrivals();
  private walks = 0;

  constructor(ctx: DurableObjectState, env: RuntimeEnv) {
    super(ctx, env);
    this.store = new SubjectStore(ctx.storage);
    this.outbox = new Outbox(ctx, this.store, env.DB, env.DELIVERIES, env);
    this.outbox.resume();
  }

  async check(): Promise<DecisionAt> {
    return this.decideNow(await currentTime(this.env.DEV));
  }

  /** `check` for a request that waits. */
  async packedCheck(): Promise<Packed<DecisionAt>> {
    return pack(await this.check());
  }

  async read(): Promise<SubjectReading> {
    const decision = this.decideNow(await currentTime(this.env.DEV));
    const entitlements = [...this.store.state().entitlements.values()];
    return { ...decision, entitlements, usageRemaining: usageRemaining(entitlements, decision.at) };
  }

  async consume(identity: SubjectIdentity, command: ConsumeCommand): Promise<ConsumeResult> {
    const now = await currentTime(this.env.DEV);
    await this.arrivals.together();
    const { endpoint, key, requestHash } = command.idempotency;
    const { decision, head, at } = change(this.ctx.storage, this.store, identity, now, (state, at) => {
      const earlier = this.store.answeredRequest(endpoint, key);
      return earlier === null
        ? decideConsume(state.entitlements.values(), command, at)
        : { outcome: "repeated" as const, earlier };
    });
    switch (decision.outcome) {
      case "refused":
        return {
          outcome: decision.code,
          usageRemaining: decision.usageRemaining,
          sequence: head.sequence,
          at,
        };
      case "change":
        this.outbox.arm("consume");
        return { outcome: "consumed", reply: decision.reply, replayed: false, sequence: head.sequence, at };
      case "repeated": {
        const { reply, sequence, at } = decision.earlier;
        if (decision.earlier.requestHash !== requestHash)
          return { outcome: "idempotency_conflict", sequence, at };
        return { outcome: "consumed", reply, replayed: true, sequence, at };
      }
    }
  }

  /** `consume` for a request that waits. */
  async packedConsume(call: Packed<ConsumeCall>): Promise<Packed<ConsumeResult>> {
    const { identity, command } = unpack(call);
    return pack(await this.consume(identity, command));
  }

  /**
   * Merges what Stripe told; nothing happens when it is known already. Safe to repeat, in any order. Each fact is an
   * entry of its own: after a crash in between, the repetition finds the first ones merged.
   */
  async applyStripe(
    identity: SubjectIdentity,
    { facts, graceDays, cause, knownErasureAt = null }: StripeCommand,
  ): Promise<StripeResult> {
    const now = await currentTime(this.env.DEV);
    const isErased = () => this.isErasedSince(knownErasureAt);
    await this.ensureRegistered(identity, now, isErased);
    // No await from here on: what was erased meanwhile is told nothing of what was read before.
    if (isErased()) return { outcome: "erased" };
    const context = stripeContext(identity, graceDays);
    let changes = 0;
    for (const fact of facts) {
      const { decision } = change(this.ctx.storage, this.store, identity, now, (state, at) =>
        decideStripe(state, fact, cause, context, at),
      );
      if (decision.outcome === "read_again") return decision;
      if (decision.outcome === "unchanged") continue;
      this.outbox.arm("other");
      changes++;
    }
    return { outcome: "merged", changes, sequence: this.store.head().sequence };
  }

  /** What facts would change. Nothing is written. */
  async previewStripe(identity: SubjectIdentity, command: StripeCommand): Promise<StripePreview> {
    const before = this.decideNow(await currentTime(this.env.DEV));
    return previewStripe(this.store.state(), before, identity, command);
  }

  /** Whether a Stripe subscription to the product has not ended: a second one would be paid for nothing. */
  async hasOpenSubscription(productCode: string): Promise<boolean> {
    return [...this.store.state().entitlements.values()].some(
      ({ kind, source, status, ...more }) =>
        kind === "subscription" &&
        source === "stripe" &&
        more.productCode === productCode &&
        // A revoked one is still paid for.
        (status !== "canceled" || more.statusReason === "revoked"),
    );
  }

  /** The subscription to read again from Stripe next, and when. */
  async nextReview(): Promise<Review | null> {
    return nextReview(this.store.state());
  }

  /** Everything of the subject that an operator looks at. */
  async customerView(identity: SubjectIdentity, page: EntryPage): Promise<CustomerView> {
    return customerView(this.store, identity, page, this.decideNow(await currentTime(this.env.DEV)));
  }

  /** What an operator's action would change. Nothing is written. */
  async previewManual(
    identity: SubjectIdentity,
    request: ManualRequest,
  ): Promise<ManualPreview | ManualRefused> {
    const { at } = this.decideNow(await currentTime(this.env.DEV));
    return previewManual(this.store, identity, request, at);
  }

  /** Acts as previewed, or not at all; once however often the form is sent. */
  async applyManual(identity: SubjectIdentity, command: ManualCommand): Promise<ManualResult> {
    const now = await currentTime(this.env.DEV);
    await this.ensureRegistered(identity, now, () => this.store.tombstone !== null);
    const result = applyManual(this.ctx.storage, this.store, identity, command, now);
    if (result.outcome === "applied" && !result.repeated) this.outbox.arm("other");
    return result;
  }

  /** For an export: what the ledger adds up to, then page by page what it adds up from (export.ts). */
  async exportState(): Promise<ExportedState> {
    return exportState(this.store);
  }

  async exportEntries(after: number) {
    return exportEntries(this.store, after);
  }

  async exportRequests(after: string) {
    return exportRequests(this.ctx.storage, this.store, after);
  }

  /** The decision as it was at `moment`, or how far back one can be told. */
  async decisionAsOf(moment: PastMoment): Promise<DecisionAsOf> {
    return this.walking(() => decisionAsOf(this.store, moment));
  }

  async verify(): Promise<Verification> {
    return this.walking(() => verify(this.store, this.env.DB));
  }

  async resync(): Promise<Verification> {
    await this.outbox.resync(await currentTime(this.env.DEV));
    return this.verify();
  }

  restoreEvents(request: RestoreRequest): Promise<number> {
    return this.walking(() => restoreEvents(this.store, this.env.DB, request));
  }

  /** Takes everything of the subject away, once however often it is asked (docs/protocols/erase.md). */
  async erase(erasure: Erasure): Promise<void> {
    const isDone = () => this.isErasedSince(erasure.askedAt - 1);
    while (!isDone()) {
      // Whoever walks the history reads it to the end.
      if (this.walks > 0) await scheduler.wait(20);
      else await this.outbox.erase(erasure, () => this.walks === 0);
    }
  }

  /** What the alarm would do, now: for the sweep that finds a subject whose alarm did not come. */
  async wake(): Promise<void> {
    if (this.store.isCreated()) await this.alarm();
  }

  override async alarm(): Promise<void> {
    const now = await currentTime(this.env.DEV);
    await this.outbox.run(now);
    const isMore = await foldHistory(this.ctx.storage, this.store, now, () => this.walks === 0);
    if (isMore) this.outbox.arm("other");
  }

  /** For whoever reads the ledger with pauses in between: meanwhile nothing is folded away under it. */
  private async walking<T>(work: () => Promise<T>): Promise<T> {
    this.walks++;
    try {
      return await work();
    } finally {
      this.walks--;
    }
  }

  private decideNow(now: number): DecisionAt {
    const { head, entitlements } = this.store.state();
    const at = Math.max(now, head.at);
    return { decision: decideAccess(entitlements.values(), at), sequence: head.sequence, at };
  }

  /** Whether the subject was erased after the latest erasure that the caller knew of. */
  private isErasedSince(knownErasureAt: number | null): boolean {
    const { tombstone } = this.store;
    return tombstone !== null && tombstone.askedAt > (knownErasureAt ?? Number.NEGATIVE_INFINITY);
  }

  private async ensureRegistered(identity: SubjectIdentity, now: number, isErased: () => boolean) {
    if (!this.store.isCreated()) await this.outbox.register(identity, now, isErased);
  }
}
