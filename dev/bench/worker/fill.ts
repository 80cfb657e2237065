import type { ConsumeCommand } from "../../../shared/domain/consume.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { deriveId } from "../../../shared/kit/ids.ts";
import type { RuntimeEnv } from "../../../workers/runtime/env.ts";
import { keyringName } from "../../../workers/runtime/keys/keyring.ts";
import type { StripeCommand } from "../../../workers/runtime/subject/preview-stripe.ts";
import type { Subject } from "../../../workers/runtime/subject/subject.ts";

export interface KeysRequest {
  projectId: string;
  keyHashes: string[];
}

/** Puts these keys into the project's Keyring. */
export async function putKeys(env: RuntimeEnv, { projectId, keyHashes }: KeysRequest): Promise<null> {
  const keys = keyHashes.map((keyHash, index) => ({
    keyId: `key_${index}`,
    keyHash,
    expiresAt: null,
    revokedAt: null,
    version: 1,
  }));
  await env.KEYRING.get(env.KEYRING.idFromName(keyringName(projectId, "test"))).put(keys, {
    plan: { status: "active", version: 1 },
    limit: { requests: null, version: 0 },
  });
  return null;
}

export interface FillRequest {
  projectId: string;
  subjectRefs: string[];
  /** The number of consumes to add to each. */
  consumes: number;
}

/** Grants each subject a pack of credits and consumes from it, through the calls that the routes make. */
export async function fillSubject(env: RuntimeEnv, request: FillRequest): Promise<null> {
  for (const subjectRef of request.subjectRefs) {
    const identity: SubjectIdentity = {
      projectId: request.projectId,
      mode: "test",
      subjectRef,
      region: "weur",
    };
    const subject = env.SUBJECT.get(env.SUBJECT.idFromName(subjectName(identity))) as unknown as Subject;
    await subject.applyStripe(identity, packPurchase(subjectRef));
    for (let done = 0; done < request.consumes; done += 100)
      await Promise.all(
        Array.from({ length: Math.min(100, request.consumes - done) }, (_, index) =>
          subject.consume(identity, oneUnit(`fill-${done + index}`)),
        ),
      );
  }
  return null;
}

export function packPurchase(name: string): StripeCommand {
  return {
    facts: [
      {
        type: "purchase",
        terms: {
          kind: "usage_pack",
          productCode: "CREDITS",
          units: 1_000_000_000,
          durationDays: null,
          expiresAfterDays: null,
        },
        paidAt: Date.now(),
        paidAtFrom: "event",
        purchase: {
          attemptId: deriveId("att", name),
          checkoutSessionId: `cs_${name}`,
          paymentIntentId: `pi_${name}`,
          subscriptionId: null,
          customerId: null,
          amountTotal: 4_900,
          currency: "eur",
          metadata: {},
        },
      },
    ],
    graceDays: 0,
    cause: { type: "stripe_event", id: `evt_${name}`, eventType: "checkout.session.completed" },
  };
}

export function oneUnit(key: string): ConsumeCommand {
  return {
    units: 1,
    idempotency: { endpoint: "usage/consume", key, requestHash: "0".repeat(64) },
    cause: { type: "request", id: `req_${key}` },
  };
}
