import type { SyncPreview } from "../../../../shared/contract/operations/customer-views.ts";
import { applySync, previewSync } from "../../../../shared/contract/operations/customers.ts";
import { writeAuditEntry } from "../../../../shared/db/audit.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import { canonicalJson } from "../../../../shared/kit/canonical-json.ts";
import { sha256Hex } from "../../../../shared/kit/hash.ts";
import { readProjectConnection } from "../../db/stripe-connections.ts";
import { createConnectionContext } from "../../stripe-events/connection-context.ts";
import { describeNoOwner } from "../../stripe-events/find-owner.ts";
import * as stripeSync from "../../stripe-events/sync-subject.ts";
import type { StripePreview } from "../../subject/preview-stripe.ts";
import { toAccessView, toChangeView, toDecisionView } from "../../subject/views/explain.ts";
import { type CustomerContext, implementForCustomer } from "../implement.ts";
import { erasedRefusal, notConnected, stripeRefusal } from "../refusals.ts";
import { ledgerReason } from "./ledger-reason.ts";

export const preview = implementForCustomer(previewSync, async (context) => {
  const found = await readDifferences(context);
  return found.outcome === "refused" ? found : { outcome: "done", preview: found.preview };
});

/** Merges Stripe's state if it is still what the preview showed. Merging it again changes nothing. */
export const apply = implementForCustomer(
  applySync,
  async (context, { subjectRef, fingerprint, ...actionReason }) => {
    const found = await readDifferences(context);
    if (found.outcome === "refused") return found;
    if (found.preview.fingerprint !== fingerprint)
      return { outcome: "preview_outdated", preview: found.preview };
    const { env, audit } = context;
    const changes = found.preview.changes.length;
    const after = { changes, reason: ledgerReason(actionReason) };
    // Write the audit row first; a crash after the merge would otherwise leave it unattributed.
    await writeAuditEntry(env.DB, audit({ target: subjectRef, after }));
    const merged = await stripeSync.applySync(found.inbound, found.differences);
    return merged.outcome === "erased" ? erasedRefusal() : { outcome: "done", changes };
  },
);

async function readDifferences({
  env,
  scope,
  identity,
  actor,
  now,
}: Pick<
  CustomerContext<typeof previewSync | typeof applySync>,
  "env" | "scope" | "identity" | "actor" | "now"
>) {
  const found = await readProjectConnection(env.DB, scope.projectId, scope.mode);
  if (found === null) return notConnected(scope);
  const because = `sync by ${actor.name}`;
  const cause = { type: "stripe_read" as const, id: found.connection.connectionId, because };
  const inbound = createConnectionContext(env, found, cause, now);
  try {
    const read = await stripeSync.readDifferences(inbound, identity.subjectRef);
    if (read.outcome === "erased") return erasedRefusal();
    if (read.outcome !== "read") throw new Error(describeNoOwner(read));
    const { differences } = read;
    const preview = syncView(identity, await stripeSync.previewSync(inbound, differences));
    return { outcome: "read" as const, inbound, differences, preview };
  } catch (error) {
    return stripeRefusal(error);
  }
}

function syncView(identity: SubjectIdentity, { before, after, changes }: StripePreview): SyncPreview {
  const { at } = before;
  const shown = changes.map(({ operation, reason, touched, subscriptions, fact }) => ({
    operation,
    reason,
    cause: fact.type,
    touched: touched.map((change) => toChangeView(change, subscriptions, at)),
  }));
  // Without the times of writing, which differ in each preview.
  const rested = changes.map(({ operation, touched }) => [
    operation,
    touched.map(({ after, units }) => [{ ...after, updatedAt: 0, createdAt: 0 }, units]),
  ]);
  return {
    fingerprint: sha256Hex(canonicalJson(rested)),
    before: toDecisionView(identity, before.decision, before),
    after: toAccessView(after),
    changes: shown,
  };
}
