import { WorkerEntrypoint } from "cloudflare:workers";
import type { TestDev } from "./subjects.ts";

/**
 * The `DEV` binding of the tests in workerd: a clock that a test advances, and a Stripe that returns scripted
 * responses. vitest.config.ts bundles it as a worker next to the runtime. The state is shared by all calls.
 */
let offsetMs = 0;
let stripeBehindMs = 0;
let isStripeHanging = false;
const stripeCalls: string[] = [];
let answers: Parameters<TestDev["setStripeAnswers"]>[0] = [];

const missing = {
  error: { type: "invalid_request_error", code: "resource_missing", message: "No such object" },
};

export class Dev extends WorkerEntrypoint implements TestDev {
  async clockOffsetMs(): Promise<number> {
    return offsetMs;
  }

  async usesPocketStripe(): Promise<boolean> {
    return true;
  }

  async advance(ms: number): Promise<number> {
    offsetMs += ms;
    return offsetMs;
  }

  async setStripeDelay(ms: number): Promise<void> {
    stripeBehindMs = ms;
  }

  async setStripeAnswers(all: typeof answers): Promise<void> {
    answers = all;
  }

  async hangStripe(isHanging: boolean): Promise<void> {
    isStripeHanging = isHanging;
  }

  async countStripeCalls(path: string): Promise<number> {
    return stripeCalls.filter((called) => called.startsWith(path)).length;
  }

  override async fetch(request: Request): Promise<Response> {
    stripeCalls.push(new URL(request.url).pathname);
    // Polls, because a request may not wait for what another request resolves.
    while (isStripeHanging) await new Promise((resolve) => setTimeout(resolve, 250));
    const { pathname, search } = new URL(request.url);
    const requested = decodeURIComponent(pathname + search);
    const found = answers.find(({ path }) => requested.startsWith(path));
    const { status, body } = found ?? { status: 404, body: missing };
    const at = new Date(Date.now() + offsetMs - stripeBehindMs);
    return Response.json(body, { status, headers: { Date: at.toUTCString() } });
  }
}

export default { fetch: () => new Response(null, { status: 404 }) };
