import type { CheckOptions } from "../access.ts";
import type { RecoveryReply } from "../contract.ts";
import type { Licenzy } from "../licenzy.ts";

/** The options of a gate. `Source` is the request as your framework has it. */
export interface GateOptions<Source> extends CheckOptions {
  licenzy: Licenzy;
  /** Returns your identifier of the signed-in customer; `null` without a session, which answers 401. */
  subjectRef: (source: Source) => string | null | Promise<string | null>;
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
  if (subjectRef === null)
    return { status: 401, headers: {}, body: { error: "unauthenticated", reason: null } };
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
  if (recovery === undefined || result.stale !== null) return { status: 402, headers: {}, body };
  const found = await findRecovery(licenzy, subjectRef, recovery, products);
  return { status: 402, headers: {}, body: { ...body, recovery: found } };
}

const windowMs = 600_000;

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
  const eventId = `denial ${JSON.stringify([window, productCode, returnUrl])}`;
  const found = await licenzy.access.recovery(subjectRef, { returnUrl, productCode, eventId });
  // Paid in between: the customer's next request is let in.
  if (!found.ok) return null;
  const { action, url, productCode: about } = found;
  return { action, url, productCode: about };
}

export function toResponse({ status, headers, body }: Denial): Response {
  return Response.json(body, { status, headers: { ...headers, "Cache-Control": "no-store" } });
}
