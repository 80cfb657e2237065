import { WorkerEntrypoint } from "cloudflare:workers";
import type { DevService } from "../../shared/kit/dev-service.ts";
import { clockOffsetMs } from "./dev-clock.ts";
import type { GatewayEnv } from "./env.ts";

const stripeOrigin = "https://api.stripe.com";

/** Implements the binding `DEV` of the other workers. */
export class Dev extends WorkerEntrypoint<GatewayEnv> implements DevService {
  clockOffsetMs(): Promise<number> {
    return clockOffsetMs(this.env);
  }

  async usesPocketStripe(): Promise<boolean> {
    return this.env.REAL_STRIPE === undefined;
  }

  /** Forwards requests for Stripe to pocket Stripe, or to Stripe itself with a real test account. */
  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.origin !== stripeOrigin || !url.pathname.startsWith("/v1/")) {
      // Stripe's error shape: the SDK takes an error response without an `error` member for a success.
      const message = `DEV answers ${stripeOrigin}/v1/… only, not ${url.origin}${url.pathname}`;
      return Response.json({ error: { type: "invalid_request_error", message } }, { status: 400 });
    }
    if (this.env.REAL_STRIPE !== undefined) return fetch(request);
    const pocketUrl = `${this.env.PUBLIC_ORIGIN}/pocket-stripe${url.pathname}${url.search}`;
    return this.env.POCKET_STRIPE.fetch(new Request(pocketUrl, request));
  }
}
