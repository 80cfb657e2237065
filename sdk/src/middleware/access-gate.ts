import type { CheckOptions } from "../access.ts";
import type { RecoveryReply } from "../contract.ts";
import type { Licenzy } from "../licenzy.ts";

type MaybeRef = string | null | undefined;

/** The options of a gate. `Source` is the request as your framework has it. */
export interface GateOptions<Source> extends CheckOptions {
  licenzy: Licenzy;
  /** Returns your identifier of the signed-in customer; nothing without a session, which answers 401. */
  subjectRef: (source: Source) => MaybeRef | Promise<MaybeRef>;
  /** One of these products is enough. Without it, any usable entitlement. */
  products?: readonly string[];
  /**
   * Adds to a denial what the customer can do, with the page of Stripe's to send them to: `true`, or where Stripe sends
   * them back to. A denial then needs one more request; within 10 minutes it answers with the same checkout.
   */
  recovery?: true | { returnUrl: string };
}

/** What a denied customer can do. `url` is `null` where the action needs no page of Stripe's. */
export type Recovery = Pick<RecoveryReply, "action" | "url" | "productCode">;

/** A response that ends the request. */
export interface Denial {
  status: 401 | 402 | 503;
  headers: Record<string, string>;
  body: {
    error: "unauthenticated" | "access_denied" | "access_unknown";
    reason: string | null;
    /** With the option `recovery`; `null` when it could not be found. */
    recovery?: Recovery | null;
  };
}

/** Returns `null` when the customer may proceed. */
export async function findDenial<Source>(
  source: Source,
  { licenzy, subjectRef: readSubjectRef, products, recovery, ...options }: GateOptions<Source>,
): Promise<Denial | null> {
  const subjectRef = await readSubjectRef(source);
  // Sessions without a user have an empty text or nothing.
  if (!subjectRef) return { status: 401, headers: {}, body: { error: "unauthenticated", reason: null } };
  const result =
    products === undefined
      ? await licenzy.access.check(subjectRef, options)
      : await licenzy.access.checkProducts(subjectRef, products, options);
  if (!result.ok) {
    const seconds = Math.ceil((result.retryAfterMs ?? 1_000) / 1_000);
    const headers = { "Retry-After": String(seconds) };
    return { status: 503, headers, body: { error: "access_unknown", reason: result.error } };
  }
  if (result.allowed) return null;
  const body = { error: "access_denied", reason: result.reason ?? null } as const;
  if (recovery === undefined) return { status: 402, headers: {}, body };
  // Licenzy was not reached a moment ago.
  const isOutage = result.stale !== null && result.stale.by !== "cache";
  const found = isOutage ? null : await findRecovery(licenzy, subjectRef, recovery, products);
  return { status: 402, headers: {}, body: { ...body, recovery: found } };
}

const windowMs = 600_000;
/** Purchases of one customer in a window after which a denial still has a checkout. */
const maxRounds = 3;

async function findRecovery(
  licenzy: Licenzy,
  subjectRef: string,
  recovery: true | { returnUrl: string },
  products: readonly string[] | undefined,
): Promise<Recovery | null> {
  const [productCode] = products?.length === 1 ? products : [];
  const returnUrl = recovery === true ? undefined : recovery.returnUrl;
  // A page that is loaded again must not open a checkout each time.
  const window = Math.floor(Date.now() / windowMs);
  for (let round = 0; round < maxRounds; round++) {
    const eventId = `denial ${JSON.stringify([window, productCode, returnUrl, round])}`;
    const found = await licenzy.access.recovery(subjectRef, { returnUrl, productCode, eventId });
    if (found.ok) {
      const { action, url, productCode: about } = found;
      return { action, url, productCode: about };
    }
    // The window's checkout was paid, and what it gave is used up: the next one is another purchase.
    if (found.error !== "idempotency_conflict") return null;
  }
  return null;
}

export function toResponse({ status, headers, body }: Denial): Response {
  return Response.json(body, { status, headers: { ...headers, "Cache-Control": "no-store" } });
}
