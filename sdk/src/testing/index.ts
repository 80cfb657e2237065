import { Licenzy, type LicenzyOptions } from "../index.ts";
import { handleRequest } from "./handle-request.ts";
import { MemoryProject } from "./memory-project.ts";
import type { TestProduct } from "./products.ts";

export type { TestProduct } from "./products.ts";

const apiKey = "lz_test_memory";
const baseUrl = "https://licenzy.invalid";

export interface TestLicenzyOptions {
  products: readonly TestProduct[];
  /** Milliseconds since 1970. The machine's clock by default; `advance` moves on from it. */
  now?: () => number;
}

/**
 * Licenzy in memory, for tests without a network: one project in test mode, with the rules of the service. Its answers
 * are those of the service; a conformance suite compares the two. Stripe is not part of it: `pay` ends a checkout, and
 * renewals, included units, refunds and disputes do not happen. There are no rate limits, and no webhooks are sent.
 */
export class TestLicenzy {
  readonly #project: MemoryProject;
  #isDown = false;

  constructor({ products, now = Date.now }: TestLicenzyOptions) {
    this.#project = new MemoryProject(products, now);
  }

  /** Returns a client of this Licenzy. Options such as `fail` and `retries` are yours. */
  client(options: Partial<LicenzyOptions> = {}): Licenzy {
    return new Licenzy({ apiKey, baseUrl, fetch: this.fetch, ...options });
  }

  /** Answers a request as the service does. */
  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    init.signal?.throwIfAborted();
    if (this.#isDown) throw new TypeError("connection refused");
    return handleRequest(this.#project, apiKey, url, init);
  };

  /** Ends a checkout as paid. */
  pay(attemptId: string): void {
    this.#project.pay(attemptId);
  }

  /** Grants a product, as an operator does in the portal. */
  grant(subjectRef: string, productCode: string): void {
    this.#project.grant(subjectRef, productCode);
  }

  /** Ends an entitlement, as an operator does in the portal. */
  revoke(subjectRef: string, entitlementId: string): void {
    this.#project.revoke(subjectRef, entitlementId);
  }

  /** Moves the clock forward. */
  advance(ms: number): void {
    this.#project.advance(ms);
  }

  /** Makes every connection fail, until it is called with `false`. */
  setDown(isDown: boolean): void {
    this.#isDown = isDown;
  }
}
