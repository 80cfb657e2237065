import { expect } from "vitest";
import { applyClock, listClockEntries } from "../../../shared/domain/clock-entries.ts";
import { decideConsume } from "../../../shared/domain/consume.ts";
import { decideManualAction } from "../../../shared/domain/decide-manual-action.ts";
import { decideStripe, type SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { dayMs, type GrantTerms } from "../../../shared/domain/entitlement.ts";
import { decideExpire } from "../../../shared/domain/expire.ts";
import {
  applyEntry,
  type EntryDraft,
  emptyState,
  findEntryErrors,
  type LedgerEntry,
  type ManualAction,
  type SubjectState,
  type UsageReply,
} from "../../../shared/domain/ledger.ts";
import { addNotices } from "../../../shared/domain/notices.ts";
import { decideRelease } from "../../../shared/domain/release.ts";
import { decideReserve } from "../../../shared/domain/reserve.ts";
import { decideReverse } from "../../../shared/domain/reverse-usage.ts";
import { decideSettle } from "../../../shared/domain/settle.ts";
import type { DisputeStatus, RefundStatus } from "../../../shared/domain/stripe-record.ts";
import type { UsageDecision } from "../../../shared/domain/usage-entry.ts";
import { type Answer, answer } from "./answer.ts";

type Result = { done: UsageReply } | { refused: string };

/** A customer's ledger, written by the pure rules as the object writes it. Each entry is verified. */
export class Customer {
  state: SubjectState = emptyState;
  readonly entries: LedgerEntry[] = [];
  now = dayMs;
  private keys = 0;

  buy(name: string, units: number, expiresAfterDays: number | null = null): void {
    this.sell(name, {
      kind: "usage_pack",
      productCode: "CREDITS",
      units,
      durationDays: null,
      expiresAfterDays,
    });
  }

  refund(name: string, status: RefundStatus): void {
    const refund = { id: `re_${name}`, amount: 4_900, currency: "eur", status, ...this.reported() };
    this.report({ type: "refund", paymentIntentId: `pi_${name}`, invoice: null, refund });
  }

  /** Reports a full refund that Stripe made at an earlier time. */
  refundAsOf(name: string, createdAt: number): void {
    const refund = { id: `re_${name}`, amount: 4_900, currency: "eur", createdAt, version: this.now };
    const status = "succeeded" as const;
    this.report({
      type: "refund",
      paymentIntentId: `pi_${name}`,
      invoice: null,
      refund: { ...refund, status },
    });
  }

  dispute(name: string, status: DisputeStatus): void {
    const dispute = { id: `dp_${name}`, amount: 4_900, currency: "eur", status, ...this.reported() };
    this.report({ type: "dispute", paymentIntentId: `pi_${name}`, invoice: null, dispute });
  }

  operate(action: ManualAction): void {
    this.write((state) => {
      const decision = decideManualAction(state, action, { ...context, actionId: "act" }, this.now);
      if (decision.outcome !== "change") return null;
      const { outcome: _, ...change } = decision;
      const cause = { type: "clock" as const };
      return { ...change, records: [], source: "portal", reason: "", actor: null, idempotency: null, cause };
    });
  }

  consume(units: number): Result {
    return this.use((state) => {
      const command = { units, ...this.request("usage/consume") };
      const decision = decideConsume(state.entitlements, command, this.now);
      return decision.outcome === "change"
        ? decision
        : { outcome: "refused", refusal: { code: decision.code, usageRemaining: decision.usageRemaining } };
    });
  }

  reserve(units: number, expiresInMs: number, onExpiry: "release" | "settle" = "release"): Result {
    return this.use((state) => {
      const request = this.request("usage/reserve");
      const id = `rsv_${this.entries.length + 1}`;
      return decideReserve(
        state,
        { type: "reserve", units, expiresInMs, onExpiry, ...request },
        id,
        this.now,
      );
    });
  }

  settle(
    reservationId: string,
    units: number,
    more: { allowMore?: boolean; keepOpen?: boolean } = {},
  ): Result {
    return this.use((state) => {
      const reservation = state.reservations.get(reservationId);
      if (reservation === undefined) return closed;
      const { allowMore = false, keepOpen = false } = more;
      const terms = { type: "settle" as const, reservationId, units, allowMore, keepOpen };
      return decideSettle(state, reservation, { ...terms, ...this.request("usage/settle") }, this.now);
    });
  }

  release(reservationId: string): Result {
    return this.use((state) => {
      const reservation = state.reservations.get(reservationId);
      if (reservation === undefined) return closed;
      const command = { type: "release" as const, reservationId, ...this.request("usage/release") };
      return decideRelease(state, reservation, command, this.now);
    });
  }

  /** Gives back what an entry consumed, once. */
  reverse(sequence: number, units: number | null = null): Result {
    return this.use((state) => {
      const entry = this.entries[sequence - 1];
      const isReversed = this.entries.some(({ reverses }) => reverses?.sequence === sequence);
      if (entry === undefined || isReversed)
        return { outcome: "refused", refusal: { code: "already_reversed" } };
      const command = { type: "reverse" as const, consumeKey: "", units, ...this.request("usage/reverse") };
      return decideReverse(state, entry, command, this.now);
    });
  }

  /** Runs the alarm, which records lapses and expiries. */
  wake(): void {
    this.write((state) => decideExpire(state.entitlements, this.now));
  }

  read(): Answer {
    const { at } = this.head();
    const moment = { sequence: this.entries.length, at: Math.max(this.now, at) };
    return { ...moment, ...answer(applyClock(this.state, at, moment.at), moment.at) };
  }

  /** Computes the answer to a read again, from the ledger alone. */
  asOf({ sequence, at }: Answer): Answer {
    let state = emptyState;
    for (const entry of this.entries.slice(0, sequence)) state = applyEntry(state, entry);
    const headAt = this.entries[sequence - 1]?.at ?? 0;
    return { sequence, at, ...answer(applyClock(state, headAt, at), at) };
  }

  /** Sums the units of every movement of a lot. */
  movements(lot: string): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { touched } of this.entries)
      for (const { entitlement, units } of touched)
        if (entitlement.entitlementId === lot)
          for (const { movement, change } of units) sums[movement] = (sums[movement] ?? 0) + change;
    return sums;
  }

  remaining(lot: string): number {
    return this.state.entitlements.get(lot)?.unitsRemaining ?? 0;
  }

  private head() {
    return this.entries.at(-1) ?? { at: 0 };
  }

  private reported() {
    return { createdAt: this.now, version: this.now };
  }

  private request<E extends string>(endpoint: E) {
    const key = `k${++this.keys}`;
    return {
      idempotency: { endpoint, key, requestHash: "" },
      cause: { type: "request" as const, id: key },
    };
  }

  private use(decide: (state: SubjectState) => UsageDecision): Result {
    let result: Result = { refused: "" };
    this.write((state) => {
      const decision = decide(state);
      if (decision.outcome === "refused") {
        result = { refused: decision.refusal.code };
        return null;
      }
      result = "noted" in decision ? { refused: decision.noted.code } : { done: decision.reply };
      return decision.draft;
    });
    return result;
  }

  protected sell(name: string, terms: GrantTerms): void {
    this.report({
      type: "purchase",
      terms,
      paidAt: this.now,
      paidAtFrom: "event",
      purchase: {
        attemptId: `att_${name}`,
        checkoutSessionId: name,
        paymentIntentId: `pi_${name}`,
        subscriptionId: null,
        customerId: null,
        amountTotal: 4_900,
        currency: "eur",
        metadata: {},
      },
    });
  }

  protected report(fact: SubjectFact): void {
    this.write((state) => {
      const decision = decideStripe(state, fact, { type: "clock" }, context, this.now);
      return decision.outcome === "change" ? decision.draft : null;
    });
  }

  /** Writes the lapses that are due, then the entry that `decide` proposes, as `changeSubject` does. */
  private write(decide: (state: SubjectState) => EntryDraft | null): void {
    for (const { draft, at } of listClockEntries(this.state, this.head().at, this.now))
      this.append(draft, at);
    const draft = decide(this.state);
    if (draft !== null) this.append(draft, Math.max(this.now, this.head().at));
  }

  private append(draft: EntryDraft, at: number): void {
    // As storage keeps it.
    const start = { state: this.state, at: this.head().at };
    const complete = addNotices(start, draft, applyEntry(this.state, draft), at);
    const stored = JSON.parse(JSON.stringify(complete)) as EntryDraft;
    const entry: LedgerEntry = { ...stored, sequence: this.entries.length + 1, at };
    expect(entry.at).toBeGreaterThanOrEqual(this.head().at);
    expect(findEntryErrors(this.state, entry)).toEqual([]);
    this.state = applyEntry(this.state, entry);
    this.entries.push(entry);
  }
}

const context = { graceDays: 0, deriveEntitlementId: (source: string) => source };
const closed: UsageDecision = { outcome: "refused", refusal: { code: "reservation_closed" } };
