import { Access, type CachedReply, type FailMode } from "./access.ts";
import type {
  CheckoutReply,
  CheckoutRequest,
  CheckoutStatus,
  CustomerAccess,
  Entitlement,
  EntitlementList,
  ErrorCodes,
  LicenzyEvent,
  PortalSessionReply,
  Product,
  ProductList,
} from "./contract.ts";
import { DecisionCache } from "./decision-cache.ts";
import { Events, Keys } from "./diagnostics.ts";
import { toIdempotencyKey } from "./idempotency-key.ts";
import type { CallOptions, ClientOptions, WriteOptions } from "./options.ts";
import { orThrow, type Result } from "./result.ts";
import { Transport } from "./transport.ts";
import { Usage } from "./usage.ts";
import { WebhookReceiver } from "./webhooks/receive.ts";

export type LicenzyOptions = ClientOptions & FailMode;

/** The client of the Licenzy API. One per process is enough. */
export class Licenzy {
  readonly access: Access;
  readonly customers: Customers;
  readonly entitlements: Entitlements;
  readonly products: Products;
  readonly checkout: Checkout;
  readonly usage: Usage;
  readonly webhooks: WebhookReceiver;
  readonly keys: Keys;
  readonly events: Events;

  constructor(options: LicenzyOptions) {
    const transport = new Transport(options);
    const cache = new DecisionCache<CachedReply>();
    this.access = new Access(transport, cache, options);
    this.customers = new Customers(transport);
    this.entitlements = new Entitlements(transport);
    this.products = new Products(transport);
    this.checkout = new Checkout(transport);
    this.usage = new Usage(transport, (subjectRef) => cache.outdate(subjectRef));
    this.keys = new Keys(transport);
    this.events = new Events(transport);
    this.webhooks = new WebhookReceiver((event: LicenzyEvent) => {
      if (event.data.subjectRef !== null) cache.drop(event.data.subjectRef);
    });
  }
}

class Customers {
  constructor(private readonly transport: Transport) {}

  /** Returns the customer's status, balances and entitlements. */
  access(
    subjectRef: string,
    options?: CallOptions,
  ): Promise<Result<CustomerAccess, ErrorCodes["getCustomerAccess"]>> {
    const call = { method: "GET", path: "/v1/customer/access", segment: subjectRef } as const;
    return this.transport.call(call, options);
  }

  /** Opens Stripe's customer portal. Redirect the customer to `url` at once: it is short-lived. */
  async portalSession(
    subjectRef: string,
    { returnUrl, ...options }: WriteOptions & { returnUrl?: string } = {},
  ): Promise<Result<PortalSessionReply, ErrorCodes["createPortalSession"]>> {
    const idempotencyKey = await toIdempotencyKey(options.eventId);
    const body = { subjectRef, returnUrl };
    const call = { method: "POST", path: "/v1/customer/portal-session", body, idempotencyKey } as const;
    return this.transport.call(call, options);
  }
}

class Entitlements {
  constructor(private readonly transport: Transport) {}

  /**
   * Lists every entitlement that the customer ever had, newest first. Reads the next page when it is needed. Throws a
   * `LicenzyError` when a page can't be read.
   */
  async *list(
    subjectRef: string,
    options: CallOptions & { pageSize?: number } = {},
  ): AsyncGenerator<Entitlement> {
    const { pageSize = 100 } = options;
    let after = "";
    for (;;) {
      const query = `?limit=${pageSize}${after}`;
      const call = { method: "GET", path: "/v1/entitlements", segment: subjectRef, query } as const;
      const page = orThrow(
        await this.transport.call<EntitlementList, ErrorCodes["listEntitlements"]>(call, options),
      );
      yield* page.entitlements;
      const last = page.entitlements.at(-1);
      if (!page.hasMore || last === undefined) return;
      after = `&starting_after=${last.entitlementId}`;
    }
  }
}

class Products {
  constructor(private readonly transport: Transport) {}

  /**
   * Lists the active products by code. Reads the next page when it is needed. Throws a `LicenzyError` when a page can't
   * be read.
   */
  async *list(options: CallOptions & { pageSize?: number } = {}): AsyncGenerator<Product> {
    const { pageSize = 100 } = options;
    let after = "";
    for (;;) {
      const call = { method: "GET", path: "/v1/products", query: `?limit=${pageSize}${after}` } as const;
      const page = orThrow(await this.transport.call<ProductList, ErrorCodes["listProducts"]>(call, options));
      yield* page.products;
      const last = page.products.at(-1);
      if (!page.hasMore || last === undefined) return;
      after = `&starting_after=${last.productCode}`;
    }
  }
}

class Checkout {
  constructor(private readonly transport: Transport) {}

  /** Creates a Stripe Checkout session. Redirect the customer to `checkoutUrl`. Creating it grants nothing. */
  async create(
    request: CheckoutRequest,
    options: WriteOptions = {},
  ): Promise<Result<CheckoutReply, ErrorCodes["createCheckoutSession"]>> {
    const idempotencyKey = await toIdempotencyKey(options.eventId);
    const call = { method: "POST", path: "/v1/checkout/session", body: request, idempotencyKey } as const;
    return this.transport.call(call, options);
  }

  /** Returns a checkout's status. Poll it on the success page until it is `finalized` or `failed`. */
  status(
    attemptId: string,
    options?: CallOptions,
  ): Promise<Result<CheckoutStatus, ErrorCodes["getCheckoutStatus"]>> {
    const call = { method: "GET", path: "/v1/checkout/session", segment: attemptId } as const;
    return this.transport.call(call, options);
  }
}
