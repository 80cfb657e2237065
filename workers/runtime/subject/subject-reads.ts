import { DurableObject } from "cloudflare:workers";
import { withD1Timeout } from "../../../shared/db/d1-timeout.ts";
import type { AccessComparison } from "../../../shared/domain/access-audit.ts";
import { findNextReview, type SubscriptionReview } from "../../../shared/domain/review-subscription.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { auditStripe, previewStripe, type StripeCommand, type StripePreview } from "./preview-stripe.ts";
import { SubjectStore } from "./storage/store.ts";
import type { SubjectEnv } from "./subject-env.ts";
import { decideNow, hasOpenSubscription, readPresent } from "./views/current.ts";
import { type ExportedState, exportEntries, exportRequests, exportState } from "./views/export.ts";

/** The reads of a subject for jobs and previews. Nothing here writes. */
export class SubjectReads extends DurableObject<SubjectEnv> {
  protected readonly store: SubjectStore;

  constructor(ctx: DurableObjectState, env: SubjectEnv) {
    super(ctx, withD1Timeout(env));
    this.store = new SubjectStore(ctx.storage);
  }

  /** Returns the changes that facts would make. */
  async previewStripe(identity: SubjectIdentity, command: StripeCommand): Promise<StripePreview> {
    const before = decideNow(this.store, await currentTime(this.env.DEV));
    return previewStripe(readPresent(this.store, before.at).state, before, identity, command);
  }

  /** Compares access with what the facts would make of it. */
  async auditStripe(identity: SubjectIdentity, command: StripeCommand): Promise<AccessComparison> {
    const { state, at } = readPresent(this.store, await currentTime(this.env.DEV));
    return auditStripe(state, at, identity, command);
  }

  /** Returns whether a Stripe subscription to the product is open. A second one would charge twice. */
  async hasOpenSubscription(productCode: string): Promise<boolean> {
    return hasOpenSubscription(this.store.state().entitlements.values(), productCode);
  }

  /** Returns the next subscription to read again from Stripe, and its due time. */
  async nextReview(): Promise<SubscriptionReview | null> {
    return findNextReview(this.store.state());
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
}
