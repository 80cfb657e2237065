import { createMiddleware } from "hono/factory";
import { ApiError } from "../http/api-error.ts";
import type { Caller, RuntimeHono } from "../request-context.ts";

const windowMs = 10_000;

interface Window {
  startedAt: number;
  count: number;
}

/** In the order of their start, so that those that have ended come first. */
const windows = new Map<string, Window>();

/**
 * Counts the request against its key's limit, in a fixed window of 10 s, and refuses it above the limit.
 *
 * Counts in this isolate's memory, on the machine's clock, because a check must not cost a hop to be counted. The
 * limit applies per isolate, so a key with traffic in several isolates can exceed it.
 */
export const rateLimit = createMiddleware<RuntimeHono>(async (c, next) => {
  countRequest(c.get("caller"));
  await next();
});

function countRequest({ keyId, rateLimit }: Caller): void {
  const now = Date.now();
  let window = windows.get(keyId);
  if (window === undefined || now - window.startedAt >= windowMs) {
    forgetEndedWindows(now);
    window = { startedAt: now, count: 0 };
    windows.set(keyId, window);
  }
  window.count++;
  if (window.count <= rateLimit) return;
  const seconds = Math.max(1, Math.ceil((window.startedAt + windowMs - now) / 1_000));
  throw new ApiError(
    "rate_limited",
    `Rate limit exceeded (${rateLimit} requests per 10 s). Retry after ${seconds} s.`,
    {
      headers: {
        "Retry-After": String(seconds),
        RateLimit: `"default";r=0;t=${seconds}`,
        "RateLimit-Policy": `"default";q=${rateLimit};w=${windowMs / 1_000}`,
      },
    },
  );
}

/**
 * Only windows that have ended are forgotten: a limit that is forgotten early is none. So their number is that of the keys
 * in use, each of which exists.
 */
function forgetEndedWindows(now: number): void {
  for (const [keyId, { startedAt }] of windows) {
    if (now - startedAt < windowMs) return;
    windows.delete(keyId);
  }
}
