import type { Region } from "../../../shared/contract/enums.ts";
import type { CheckView, CustomerView } from "../../../shared/contract/operations/customer-views.ts";
import type { ConsumeCommand } from "../../../shared/domain/consume.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { Grant } from "../replica/lease.ts";
import { applyConsume } from "./apply-consume.ts";
import { applyFacts } from "./apply-facts.ts";
import { applyUsage, type UsageCommand, type UsageResult } from "./apply-usage.ts";
import { GroupCommit } from "./group-commit.ts";
import { computeDecisionAsOf, type DecisionAsOf, type PastMoment } from "./history/decision-as-of.ts";
import { foldHistory } from "./history/fold.ts";
import { recordClockEntries } from "./ledger/change-subject.ts";
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
import type { StripeCommand } from "./preview-stripe.ts";
import type {
  ConsumeCall,
  ConsumeResult,
  DecisionAt,
  ProductDecisionsAt,
  StripeResult,
  SubjectSnapshot,
  UsageCall,
} from "./rpc-types.ts";
import type { Erasure } from "./storage/tombstone.ts";
import type { SubjectEnv } from "./subject-env.ts";
import { SubjectLeases } from "./subject-leases.ts";
import { SubjectReads } from "./subject-reads.ts";
import { decideNow, decideProductsNow, readSnapshot } from "./views/current.ts";
import { buildCustomerView, type EntryPage } from "./views/customer-view.ts";

/**
 * One subject of one project and mode: its entitlements, balances, idempotency records and ledger.
 *
 * Guarantees:
 * - The platform's output gate holds a method's result until its writes are durable.
 * - A request repeated with the same idempotency key always gets the same result.
 * - Every change is one ledger entry.
 * - Reads of an unknown subject write nothing to storage.
 * - A change is acknowledged when no replica in another region answers from before it (../replica/).
 */
export class Subject extends SubjectReads {
  private readonly outbox: Outbox;
  private readonly groupCommit = new GroupCommit();
  private readonly leases: SubjectLeases;
  /** The last access check that this instance answered. Kept in memory only, so a check writes nothing. */
  private lastCheck: CheckView | null = null;
  /** Number of running reads of the ledger that need it to stay unfolded. */
  private readonly pins = new LedgerPins();

  constructor(ctx: DurableObjectState, env: SubjectEnv) {
    super(ctx, env);
    this.outbox = new Outbox(ctx, this.store, this.env, env.DELIVERIES);
    this.outbox.resume();
    this.leases = new SubjectLeases(ctx, this.store, env);
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

  /** A check by the replica of a region, which answers further checks from the lease. A row in 10 minutes at most. */
  async packedLease(region: Region): Promise<Packed<Grant>> {
    const now = await currentTime(this.env.DEV);
    this.outbox.rearmIfLost();
    const grant = this.leases.grant(region, now);
    this.lastCheck = { at: grant.at, allowed: grant.decision.allowed };
    return pack(grant);
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
    await this.leases.settle(now);
    return result;
  }

  /** Reserves, settles, releases or reverses units. */
  async usage(identity: SubjectIdentity, command: UsageCommand): Promise<UsageResult> {
    const now = await currentTime(this.env.DEV);
    await this.groupCommit.join();
    const result = applyUsage(this.ctx.storage, this.store, identity, command, now);
    if (result.wrote) this.outbox.armAfterUsage(command.type, now);
    await this.leases.settle(now);
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
    const arm = () => this.outbox.arm("other");
    const result = applyFacts(this.ctx.storage, this.store, identity, command, now, arm);
    await this.leases.settle(now);
    return result;
  }

  /** Returns the view of the subject that the portal shows to operators. */
  async customerView(identity: SubjectIdentity, page: EntryPage): Promise<CustomerView> {
    const now = await currentTime(this.env.DEV);
    recordClockEntries(this.ctx.storage, this.store, identity, now);
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
    const { sequence } = this.store.head();
    const result = applyManual(this.ctx.storage, this.store, identity, command, now);
    if (this.store.head().sequence !== sequence) this.outbox.arm("other");
    await this.leases.settle(now);
    return result;
  }

  /** Returns the decision at `moment`, or how far back decisions are available. */
  async decisionAsOf(moment: PastMoment): Promise<DecisionAsOf> {
    return this.pins.hold(() => computeDecisionAsOf(this.store, moment));
  }

  async verify(): Promise<Verification> {
    return this.pins.hold(() => verify(this.store, this.env));
  }

  async resync(): Promise<Verification> {
    await this.outbox.resync(await currentTime(this.env.DEV));
    return this.verify();
  }

  restoreEvents(request: RestoreRequest): Promise<number> {
    return this.pins.hold(() => restoreEvents(this.store, this.env, request));
  }

  /** Deletes all data of the subject. Safe to repeat (docs/protocols/erase.md). */
  async erase(erasure: Erasure): Promise<void> {
    this.lastCheck = null;
    const isDone = () => this.isErasedSince(erasure.requestedAt - 1);
    await this.leases.whileClosed(await currentTime(this.env.DEV), async () => {
      while (!isDone()) {
        // Lets running reads of the ledger finish first.
        if (!this.pins.isFree()) await scheduler.wait(20);
        else await this.outbox.erase(erasure, () => this.pins.isFree());
      }
    });
  }

  /** Runs the alarm handler now. The sweep calls this if an alarm did not fire. */
  async wake(): Promise<void> {
    if (this.store.isCreated()) await this.alarm();
  }

  /** Arms the alarm again if the platform lost it. A sweep calls this on every object in turn. */
  async rearm(): Promise<void> {
    await this.outbox.rearmIfMissing(await currentTime(this.env.DEV));
  }

  override async alarm(): Promise<void> {
    const now = await currentTime(this.env.DEV);
    // A webhook says nothing that a check in another region does not know yet.
    await this.leases.settle(now);
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
