import { runInDurableObject } from "cloudflare:test";
import { env as bindings } from "cloudflare:workers";
import { expect } from "vitest";
import type { GrantTerms } from "../../shared/domain/entitlement.ts";
import { type SubjectIdentity, subjectName } from "../../shared/domain/subject-name.ts";
import { deriveId, newId } from "../../shared/kit/ids.ts";
import type { StripeCommand } from "../../workers/runtime/subject/preview-stripe.ts";
import type { Subject } from "../../workers/runtime/subject/subject.ts";

/** Advances the clock and sets Stripe's answers. */
export interface TestDev {
  clockOffsetMs(): Promise<number>;
  advance(ms: number): Promise<number>;
  /** Sets how far Stripe's clock is behind ours. */
  setStripeDelay(ms: number): Promise<void>;
  /**
   * Sets Stripe's answers. A request gets the first answer with a path that its own path and query start with.
   * Other requests get "No such object".
   */
  setStripeAnswers(answers: { path: string; status: number; body: object }[]): Promise<void>;
  /** Keeps Stripe from answering any request, also those under way, until it is called with `false`. */
  hangStripe(isHanging: boolean): Promise<void>;
  /** Returns how many requests with a path that starts with `path` Stripe has got. */
  countStripeCalls(path: string): Promise<number>;
}

export const env = bindings;

/** The time of the stack's clock. */
export const now = async () => Date.now() + (await env.DEV.clockOffsetMs());

const restartReason = "Restarted by a test.";

/** A plan as a Keyring holds it. */
export const activePlan = {
  plan: { status: "active", version: 1 },
  limit: { requests: null, version: 0 },
} as const;

/** Returns a subject that no other test uses. */
export function newSubject(): { identity: SubjectIdentity; stub: DurableObjectStub<Subject> } {
  const identity: SubjectIdentity = {
    projectId: newId("prj"),
    mode: "test",
    subjectRef: "user_1",
    region: "weur",
  };
  return { identity, stub: env.SUBJECT.get(env.SUBJECT.idFromName(subjectName(identity))) };
}

/**
 * Restarts one object: aborts its instance and returns a stub for the next. `abortAllDurableObjects` would also abort
 * objects in which the test runner itself still waits, and the run would never end.
 */
export async function restart(stub: DurableObjectStub<Subject>): Promise<DurableObjectStub<Subject>> {
  await expect(runInDurableObject(stub, (_, ctx) => ctx.abort(restartReason))).rejects.toThrow(restartReason);
  return env.SUBJECT.get(stub.id);
}

export const buildPack = (units: number, expiresAfterDays: number | null = null): GrantTerms => ({
  kind: "usage_pack",
  productCode: "CREDITS",
  units,
  durationDays: null,
  expiresAfterDays,
});

export const buildPass = (durationDays: number): GrantTerms => ({
  kind: "time_pass",
  productCode: "PASS",
  units: null,
  durationDays,
  expiresAfterDays: null,
});

/** Builds the command of a paid session `name`. The same name is the same purchase. */
export function buildPurchase(name: string, terms: GrantTerms, paidAt: number): StripeCommand {
  return {
    facts: [
      {
        type: "purchase",
        terms,
        paidAt,
        paidAtFrom: "event",
        purchase: {
          attemptId: deriveId("att", name),
          checkoutSessionId: `cs_${name}`,
          paymentIntentId: `pi_${name}`,
          subscriptionId: null,
          customerId: null,
          amountTotal: 4900,
          currency: "eur",
          metadata: {},
        },
      },
    ],
    graceDays: 0,
    cause: { type: "stripe_event", id: `evt_${name}`, eventType: "checkout.session.completed" },
  };
}

export function buildConsume(units: number, key: string, requestHash = `hash of ${units}`) {
  return {
    units,
    idempotency: { endpoint: "usage/consume" as const, key, requestHash },
    cause: { type: "request" as const, id: `req_${key}` },
  };
}

/** Builds the commands of the usage endpoints other than consume, each with its idempotency key. */
export const usageCommands = {
  reserve: (
    units: number,
    key: string,
    more: { expiresInMs?: number; onExpiry?: "release" | "settle" } = {},
  ) => {
    const { expiresInMs = 900_000, onExpiry = "release" } = more;
    return {
      type: "reserve" as const,
      units,
      expiresInMs,
      onExpiry,
      ...request("usage/reserve", key, units),
    };
  },
  settle: (
    reservationId: string,
    units: number,
    key: string,
    { allowMore = false, keepOpen = false }: { allowMore?: boolean; keepOpen?: boolean } = {},
  ) => {
    const terms = { reservationId, units, allowMore, keepOpen };
    return { type: "settle" as const, ...terms, ...request("usage/settle", key, units) };
  },
  release: (reservationId: string, key: string) => ({
    type: "release" as const,
    reservationId,
    ...request("usage/release", key, reservationId),
  }),
  reverse: (consumeKey: string, key: string, units: number | null = null) => ({
    type: "reverse" as const,
    consumeKey,
    units,
    ...request("usage/reverse", key, `${consumeKey} ${units}`),
  }),
};

function request<E extends string>(endpoint: E, key: string, body: unknown) {
  return {
    idempotency: { endpoint, key, requestHash: `hash of ${body}` },
    cause: { type: "request" as const, id: `req_${key}` },
  };
}
