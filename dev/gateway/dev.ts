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
    return this.env.STRIPE_BASE === undefined;
  }

  /** Forwards requests for Stripe to pocket Stripe, or over the network to Stripe itself. */
  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.origin !== stripeOrigin || !url.pathname.startsWith("/v1/")) {
      // Stripe's error shape: the SDK takes an error response without an `error` member for a success.
      const message = `DEV answers ${stripeOrigin}/v1/… only, not ${url.origin}${url.pathname}`;
      return Response.json({ error: { type: "invalid_request_error", message } }, { status: 400 });
    }
    const { STRIPE_BASE: base, PUBLIC_ORIGIN: origin } = this.env;
    if (base !== undefined) return fetch(new Request(base + url.pathname + url.search, request));
    const pocketUrl = `${origin}/pocket-stripe${url.pathname}${url.search}`;
    return this.env.POCKET_STRIPE.fetch(new Request(pocketUrl, request));
  }
}
