import { DurableObject } from "cloudflare:workers";
import type { CheckView, CustomerView } from "../../../shared/contract/operations/customer-views.ts";
import { withD1Timeout } from "../../../shared/db/d1-timeout.ts";
import type { ConsumeCommand } from "../../../shared/domain/consume.ts";
import { findNextReview, type SubscriptionReview } from "../../../shared/domain/review-subscription.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { applyConsume } from "./apply-consume.ts";
import { applyFacts } from "./apply-facts.ts";
import { applyUsage, type UsageCommand, type UsageResult } from "./apply-usage.ts";
import { GroupCommit } from "./group-commit.ts";
import { computeDecisionAsOf, type DecisionAsOf, type PastMoment } from "./history/decision-as-of.ts";
import { foldHistory } from "./history/fold.ts";
import { recordLapses } from "./ledger/change-subject.ts";
import { type Verification, verify } from "./ledger/verify.ts";
import { LedgerPins } from "./ledger-pins.ts";
import {
  applyManual,
  type ManualActionResult,
  refuseUnregistered,
} from "./operator-actions/apply-manual-action.ts";
import {
  type ManualActionCommand,
  type ManualActionPreview,
  type ManualActionRefused,
  type ManualActionRequest,
  previewManual,
} from "./operator-actions/manual-action.ts";
import { Outbox } from "./outbox/outbox.ts";
import { type RestoreRequest, restoreEvents } from "./outbox/restore-events.ts";
import { type Packed, pack, unpack } from "./packed.ts";
import { previewStripe, type StripeCommand, type StripePreview } from "./preview-stripe.ts";
import type {
  ConsumeCall,
  ConsumeResult,
  DecisionAt,
  ProductDecisionsAt,
  StripeResult,
  SubjectSnapshot,
  UsageCall,
} from "./rpc-types.ts";
import { SubjectStore } from "./storage/store.ts";
import type { Erasure } from "./storage/tombstone.ts";
import type { SubjectEnv } from "./subject-env.ts";
import { decideNow, decideProductsNow, hasOpenSubscription, readSnapshot } from "./views/current.ts";
import { buildCustomerView, type EntryPage } from "./views/customer-view.ts";
import { type ExportedState, exportEntries, exportRequests, exportState } from "./views/export.ts";

/**
 * One subject of one project and mode: its entitlements, balances, idempotency records and ledger.
 *
 * Guarantees:
 * - The platform's output gate holds a method's result until its writes are durable.
 * - A request repeated with the same idempotency key always gets the same result.
 * - Every change is one ledger entry.
 * - Reads of an unknown subject write nothing to storage.
 */
export class Subject extends DurableObject<SubjectEnv> {
  private readonly store: SubjectStore;
  private readonly outbox: Outbox;
  private readonly groupCommit = new GroupCommit();
  /** The last access check that this instance answered. Kept in memory only, so a check writes nothing. */
  private lastCheck: CheckView | null = null;
  /** Number of running reads of the ledger that need it to stay unfolded. */
  private readonly pins = new LedgerPins();

  constructor(ctx: DurableObjectState, env: SubjectEnv) {
    super(ctx, withD1Timeout(env));
    this.store = new SubjectStore(ctx.storage);
    this.outbox = new Outbox(ctx, this.store, this.env.DB, env.DELIVERIES, env);
    this.outbox.resume();
  }

  async check(): Promise<DecisionAt> {
    const answer = this.decideNow(await currentTime(this.env.DEV));
    this.lastCheck = { at: answer.at, allowed: answer.decision.allowed };
    return answer;
  }

  /** `check` with a packed result, for the request path. */
  async packedCheck(): Promise<Packed<DecisionAt>> {
    return pack(await this.check());
  }

  async packedCheckProducts(productCodes: readonly string[]): Promise<Packed<ProductDecisionsAt>> {
    this.outbox.rearmIfLost();
    return pack(decideProductsNow(this.store, productCodes, await currentTime(this.env.DEV)));
  }

  async read(): Promise<SubjectSnapshot> {
    return readSnapshot(this.store, this.decideNow(await currentTime(this.env.DEV)));
  }

  async consume(identity: SubjectIdentity, command: ConsumeCommand): Promise<ConsumeResult> {
    const now = await currentTime(this.env.DEV);
    await this.groupCommit.join();
    const result = applyConsume(this.ctx.storage, this.store, identity, command, now);
    if (result.outcome === "consumed" && !result.replayed) this.outbox.arm("consume");
    return result;
  }

  /** Reserves, settles, releases or reverses units. */
  async usage(identity: SubjectIdentity, command: UsageCommand): Promise<UsageResult> {
    const now = await currentTime(this.env.DEV);
    await this.groupCommit.join();
    const result = applyUsage(this.ctx.storage, this.store, identity, command, now);
    if (result.wrote) this.outbox.armAfterUsage(command.type, now);
    return result;
  }

  /** As `consume`, packed for the request path. */
  async packedConsume(call: Packed<ConsumeCall>): Promise<Packed<ConsumeResult>> {
    const { identity, command } = unpack(call);
    return pack(await this.consume(identity, command));
  }

  async packedUsage(call: Packed<UsageCall>): Promise<Packed<UsageResult>> {
    const { identity, command } = unpack(call);
    return pack(await this.usage(identity, command));
  }

  /** Merges facts from Stripe. A known fact changes nothing, so calls can be repeated and arrive in any order. */
  async applyStripe(
    identity: SubjectIdentity,
    { facts, graceDays, cause, erasureFence = null }: StripeCommand,
  ): Promise<StripeResult> {
    const now = await currentTime(this.env.DEV);
    const isErased = () => this.isErasedSince(erasureFence);
    if (facts.length > 0) await this.ensureRegistered(identity, now, isErased);
    // No await below: otherwise an erasure could run between this check and the write.
    if (isErased()) return { outcome: "erased" };
    const command = { facts, graceDays, cause };
    return applyFacts(this.ctx.storage, this.store, identity, command, now, () => this.outbox.arm("other"));
  }

  /** Returns the changes that facts would make. Writes nothing. */
  async previewStripe(identity: SubjectIdentity, command: StripeCommand): Promise<StripePreview> {
    return previewStripe(
      this.store.state(),
      this.decideNow(await currentTime(this.env.DEV)),
      identity,
      command,
    );
  }

  /** Returns whether a Stripe subscription to the product is open. A second one would charge twice. */
  async hasOpenSubscription(productCode: string): Promise<boolean> {
    return hasOpenSubscription(this.store.state().entitlements.values(), productCode);
  }

  /** Returns the next subscription to read again from Stripe, and its due time. */
  async nextReview(): Promise<SubscriptionReview | null> {
    return findNextReview(this.store.state());
  }

  /** Returns the view of the subject that the portal shows to operators. */
  async customerView(identity: SubjectIdentity, page: EntryPage): Promise<CustomerView> {
    const now = await currentTime(this.env.DEV);
    recordLapses(this.ctx.storage, this.store, identity, now);
    return buildCustomerView(this.store, identity, page, this.decideNow(now), this.lastCheck);
  }

  /** Returns the changes that an operator's action would make. Writes nothing. */
  async previewManual(
    identity: SubjectIdentity,
    request: ManualActionRequest,
  ): Promise<ManualActionPreview | ManualActionRefused> {
    return previewManual(this.store, identity, request, this.decideNow(await currentTime(this.env.DEV)).at);
  }

  /** Applies the action exactly as previewed, or not at all. A form that is sent again has no further effect. */
  async applyManual(identity: SubjectIdentity, command: ManualActionCommand): Promise<ManualActionResult> {
    const now = await currentTime(this.env.DEV);
    const refused = refuseUnregistered(this.store, identity, command, now);
    if (refused !== null) return refused;
    await this.ensureRegistered(identity, now, () => this.store.tombstone !== null);
    const result = applyManual(this.ctx.storage, this.store, identity, command, now);
    if (result.outcome === "applied" && !result.repeated) this.outbox.arm("other");
    return result;
  }

  /** An export is the state, and the pages of `exportEntries` and `exportRequests` (export.ts). */
  async exportState(): Promise<ExportedState> {
    return exportState(this.store);
  }

  async exportEntries(after: number) {
    return exportEntries(this.store, after);
  }

  async exportRequests(after: string) {
    return exportRequests(this.ctx.storage, this.store, after);
  }

  /** Returns the decision at `moment`, or how far back decisions are available. */
  async decisionAsOf(moment: PastMoment): Promise<DecisionAsOf> {
    return this.pins.hold(() => computeDecisionAsOf(this.store, moment));
  }

  async verify(): Promise<Verification> {
    return this.pins.hold(() => verify(this.store, this.env.DB));
  }

  async resync(): Promise<Verification> {
    await this.outbox.resync(await currentTime(this.env.DEV));
    return this.verify();
  }

  restoreEvents(request: RestoreRequest): Promise<number> {
    return this.pins.hold(() => restoreEvents(this.store, this.env.DB, request));
  }

  /** Deletes all data of the subject. Safe to repeat (docs/protocols/erase.md). */
  async erase(erasure: Erasure): Promise<void> {
    this.lastCheck = null;
    const isDone = () => this.isErasedSince(erasure.requestedAt - 1);
    while (!isDone()) {
      // Lets running reads of the ledger finish first.
      if (!this.pins.isFree()) await scheduler.wait(20);
      else await this.outbox.erase(erasure, () => this.pins.isFree());
    }
  }

  /** Runs the alarm handler now. The sweep calls this if an alarm did not fire. */
  async wake(): Promise<void> {
    if (this.store.isCreated()) await this.alarm();
  }

  /** Arms the alarm again if the platform lost it. A sweep calls this on every object in turn. */
  async rearm(): Promise<void> {
    this.outbox.rearmIfLost();
  }

  override async alarm(): Promise<void> {
    const now = await currentTime(this.env.DEV);
    await this.outbox.run(now);
    const isMore = await foldHistory(this.ctx.storage, this.store, now, () => this.pins.isFree());
    if (isMore) this.outbox.arm("other");
  }

  private decideNow(now: number): DecisionAt {
    this.outbox.rearmIfLost();
    return decideNow(this.store, now);
  }

  /** Returns whether the subject was erased by an erasure newer than the caller's fence. */
  private isErasedSince(erasureFence: number | null): boolean {
    const { tombstone } = this.store;
    return tombstone !== null && tombstone.requestedAt > (erasureFence ?? Number.NEGATIVE_INFINITY);
  }

  private async ensureRegistered(identity: SubjectIdentity, now: number, isErased: () => boolean) {
    if (!this.store.isCreated()) await this.outbox.register(identity, now, isErased);
  }
}
