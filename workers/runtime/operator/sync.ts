import type { OperatorCaller, OperatorReply, Place, Refusal } from "../../../shared/contract/operator.ts";
import type { ActionReason, SyncPreview } from "../../../shared/contract/support.ts";
import { writeAudit } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { readConnectionOf } from "../../../shared/db/stripe-connections.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import type { RuntimeEnv } from "../env.ts";
import { describeNoOwner } from "../stripe-inbound/find-owner.ts";
import { openInbound } from "../stripe-inbound/inbound.ts";
import {
  applySync as apply,
  previewSync as preview,
  readDifferences,
} from "../stripe-inbound/sync-subject.ts";
import { accessView, changeView, decisionView } from "../subject/explain.ts";
import type { StripePreview } from "../subject/stripe.ts";
import { reasonOf } from "./act.ts";
import { type Customer, openCustomer } from "./customer.ts";
import { erasedRefusal, stripeRefusal } from "./refusal.ts";
import { notConnected } from "./stripe-connection.ts";

/** What Stripe says of the customer that the ledger does not. */
export async function previewSync(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
): Promise<OperatorReply<{ preview: SyncPreview }>> {
  const customer = await openCustomer(env, caller, place, subjectRef, { role: "support" });
  if (customer.outcome === "refused") return customer;
  const read = await differencesOf(env, place, customer);
  return read.outcome === "refused" ? read : { outcome: "done", preview: read.view };
}

/** Merges what Stripe says, if it still is what the preview showed. Merging again changes nothing. */
export async function applySync(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
  { fingerprint, reason, text }: { fingerprint: string; reason: ActionReason; text: string },
): Promise<OperatorReply<{ changes: number }> | { outcome: "moved"; preview: SyncPreview }> {
  const needs = { role: "support", proofInLive: true } as const;
  const customer = await openCustomer(env, caller, place, subjectRef, needs);
  if (customer.outcome === "refused") return customer;
  const said = reasonOf(reason, text);
  if (typeof said !== "string") return said;
  const read = await differencesOf(env, place, customer);
  if (read.outcome === "refused") return read;
  if (read.view.fingerprint !== fingerprint) return { outcome: "moved", preview: read.view };
  const { actor, now } = customer;
  const after = { changes: read.view.changes.length, reason: said };
  // First who asked for it: what is merged without that would have nobody's name on it.
  await d1(
    writeAudit(env.DB, { actor, at: now, action: "customer.sync", target: subjectRef, ...place, after }),
  );
  const merged = await apply(read.inbound, read.differences);
  return merged.outcome === "erased" ? erasedRefusal() : { outcome: "done", changes: merged.changes };
}

async function differencesOf(env: RuntimeEnv, place: Place, { identity, actor, now }: Customer) {
  const found = await d1(readConnectionOf(env.DB, place.projectId, place.mode));
  if (found === null) return notConnected(place);
  const because = `sync by ${actor.name}`;
  const cause = { type: "stripe_read" as const, id: found.connection.connectionId, because };
  const inbound = openInbound(env, found, cause, now);
  try {
    const read = await readDifferences(inbound, identity.subjectRef);
    if (read.outcome === "erased") return erasedRefusal();
    if (read.outcome !== "read") throw new Error(describeNoOwner(read));
    const { differences } = read;
    const view = syncView(identity, await preview(inbound, differences));
    return { outcome: "read" as const, inbound, differences, view };
  } catch (error) {
    return stripeRefusal(error) satisfies Refusal;
  }
}

function syncView(identity: SubjectIdentity, { before, after, changes }: StripePreview): SyncPreview {
  const { at } = before;
  const shown = changes.map(({ operation, reason, touched, fact }) => ({
    operation,
    reason,
    cause: fact.type,
    touched: touched.map((change) => changeView(change, at)),
  }));
  // Not the times of writing: they are of each look.
  const rested = changes.map(({ operation, touched }) => [
    operation,
    touched.map(({ after, units }) => [{ ...after, updatedAt: 0, createdAt: 0 }, units]),
  ]);
  return {
    fingerprint: sha256Hex(canonicalJson(rested)),
    before: decisionView(identity, before.decision, before),
    after: accessView(after),
    changes: shown,
  };
}
