import type {
  CheckoutReply,
  CheckoutRequest,
  CheckoutStatusReply,
} from "../../../shared/contract/checkout.ts";
import type { KeyReply } from "../../../shared/contract/key.ts";
import type { OutboundEvent } from "../../../shared/contract/outbound-event.ts";
import type { ProductListReply } from "../../../shared/contract/products.ts";
import { entitlementView } from "../../../shared/domain/entitlement-view.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { ApiError } from "./api-error.ts";
import { actManually, grantPaid } from "./grant.ts";
import { MemorySubject } from "./memory-subject.ts";
import { toProductView } from "./product-view.ts";
import type { TestProduct } from "./products.ts";

const scope = { projectId: newId("prj"), mode: "test" as const };
const keyId = newId("key");
const dayMs = 86_400_000;

interface Attempt {
  reply: CheckoutReply;
  request: CheckoutRequest;
  product: TestProduct;
  isPaid: boolean;
}

/** The customers, products and checkouts of one project in test mode, and its clock. */
export class MemoryProject {
  private readonly subjects = new Map<string, MemorySubject>();
  private readonly attempts = new Map<string, Attempt>();
  private readonly keys = new Map<string, Attempt>();
  private readonly requests = new Map<string, string>();
  private offsetMs = 0;
  private actions = 0;

  constructor(
    private readonly products: readonly TestProduct[],
    private readonly startAt: () => number,
  ) {}

  now(): number {
    return this.startAt() + this.offsetMs;
  }

  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError("Time never goes back.");
    this.offsetMs += ms;
  }

  nameOf(subjectRef: string): string {
    return subjectName({ ...scope, subjectRef });
  }

  subject(subjectRef: string): MemorySubject {
    const found = this.subjects.get(subjectRef) ?? new MemorySubject({ ...scope, subjectRef });
    this.subjects.set(subjectRef, found);
    return found;
  }

  product(code: string): TestProduct {
    const found = this.products.find((product) => product.code === code);
    if (found === undefined) throw new ApiError("product_not_found", `No product '${code}' in test mode.`);
    return found;
  }

  listProducts(limit: number, after: string): ProductListReply {
    const later = this.products
      .filter(({ code }) => code > after)
      .toSorted((a, b) => (a.code < b.code ? -1 : 1));
    return { products: later.slice(0, limit).map(toProductView), has_more: later.length > limit };
  }

  /** Newest first, after the event `after`. */
  listEvents(limit: number, after: string | undefined): { events: OutboundEvent[]; has_more: boolean } {
    const earlier = [...this.subjects.values()]
      .flatMap(({ events }) => events)
      .filter(({ id }) => after === undefined || id < after)
      .toSorted((a, b) => (a.id < b.id ? 1 : -1));
    return { events: earlier.slice(0, limit), has_more: earlier.length > limit };
  }

  describeKey(): KeyReply {
    return {
      key_id: keyId,
      mode: scope.mode,
      project_id: scope.projectId,
      project_name: "Test",
      plan: "active",
      rate_limit: 10_000,
      active_products: this.products.length,
      stripe_webhook: { status: "ok", missed_events: 0, silent_since: null },
      server_time: new Date(this.now()).toISOString(),
    };
  }

  openCheckout(request: CheckoutRequest, key: string): { reply: CheckoutReply; replayed: boolean } {
    const scopedKey = JSON.stringify([request.subject_ref, key]);
    const earlier = this.keys.get(scopedKey);
    if (earlier !== undefined) {
      if (canonicalJson(earlier.request) === canonicalJson(request))
        return { reply: earlier.reply, replayed: true };
      throw new ApiError(
        "idempotency_conflict",
        "This Idempotency-Key was already used with different parameters. Use a new key.",
      );
    }
    const product = this.product(request.product_code);
    const { entitlements } = this.subject(request.subject_ref).read(this.now());
    const isOpen = entitlements.some(
      ({ kind, source, productCode, status }) =>
        kind === "subscription" &&
        source === "stripe" &&
        productCode === product.code &&
        status !== "canceled",
    );
    if (isOpen)
      throw new ApiError("already_subscribed", `The customer has a subscription to '${product.code}'.`);
    const attemptId = newId("att");
    const reply: CheckoutReply = {
      attempt_id: attemptId,
      status: "created",
      checkout_url: `https://checkout.invalid/pay/${attemptId}`,
      mode: scope.mode,
      expires_at: new Date(this.now() + dayMs).toISOString(),
    };
    const attempt = { reply, request, product, isPaid: false };
    this.attempts.set(attemptId, attempt);
    this.keys.set(scopedKey, attempt);
    return { reply, replayed: false };
  }

  /** Remembers the key of a request. Returns whether an earlier request had it; throws if that one was another. */
  claimKey(endpoint: string, body: { subject_ref: string }, key: string): boolean {
    const scopedKey = JSON.stringify([endpoint, body.subject_ref, key]);
    const earlier = this.requests.get(scopedKey);
    if (earlier === undefined) this.requests.set(scopedKey, canonicalJson(body));
    else if (earlier !== canonicalJson(body))
      throw new ApiError(
        "idempotency_conflict",
        "This Idempotency-Key was already used with different parameters. Use a new key.",
      );
    return earlier !== undefined;
  }

  /** Whether the checkout can no longer be paid. */
  isOver(attemptId: string): boolean {
    const { isPaid, reply } = this.attempt(attemptId);
    return isPaid || this.now() >= Date.parse(reply.expires_at);
  }

  checkoutStatus(attemptId: string): CheckoutStatusReply {
    const { reply, request, isPaid } = this.attempt(attemptId);
    const snapshot = this.subject(request.subject_ref).read(this.now());
    const granted = snapshot.entitlements.find(({ purchase }) => purchase?.attemptId === attemptId);
    return {
      attempt_id: attemptId,
      status: isPaid ? "finalized" : this.isOver(attemptId) ? "failed" : "created",
      subject_ref: request.subject_ref,
      product_code: request.product_code,
      expires_at: reply.expires_at,
      entitlement: granted === undefined ? null : entitlementView(granted, snapshot),
    };
  }

  pay(attemptId: string): void {
    const attempt = this.attempt(attemptId);
    const { request, product } = attempt;
    if (attempt.isPaid) return;
    if (this.isOver(attemptId)) throw new Error("The checkout has expired.");
    const name = this.nameOf(request.subject_ref);
    this.subject(request.subject_ref).write(this.now(), (state, at) =>
      grantPaid(name, state, product, attemptId, at),
    );
    attempt.isPaid = true;
  }

  grant(subjectRef: string, productCode: string): void {
    const product = this.product(productCode);
    this.act(subjectRef, {
      type: "grant",
      productCode,
      kind: product.kind,
      units: product.kind === "usage_pack" ? product.units : null,
      durationDays: product.kind === "time_pass" ? product.durationDays : null,
      expiresAt: null,
    });
  }

  revoke(subjectRef: string, entitlementId: string): void {
    this.act(subjectRef, { type: "revoke", entitlementId });
  }

  private act(subjectRef: string, action: Parameters<typeof actManually>[2]): void {
    const name = this.nameOf(subjectRef);
    const id = `act-${++this.actions}`;
    this.subject(subjectRef).write(this.now(), (state, at) => actManually(name, state, action, id, at));
  }

  private attempt(attemptId: string): Attempt {
    const found = this.attempts.get(attemptId);
    if (found === undefined) throw new ApiError("not_found", `No checkout '${attemptId}' in test mode.`);
    return found;
  }
}
