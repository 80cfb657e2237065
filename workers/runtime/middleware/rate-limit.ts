import { createMiddleware } from "hono/factory";
import { rateLimitPeriodSeconds, rateLimits } from "../../../shared/contract/rate-limits.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "../http/api-error.ts";
import type { RuntimeHono } from "../request-context.ts";

const windowMs = rateLimitPeriodSeconds * 1_000;

interface Window {
  startedAt: number;
  count: number;
}

/** In the order of their start, so that those that have ended come first. */
const windows = new Map<string, Window>();

/**
 * Counts the request against its key's limit, in windows of 10 s, and refuses it above the limit. It is counted twice:
 *
 * - in this isolate's memory, on the machine's clock, exactly, without a hop;
 * - by Cloudflare's rate limiting, for all isolates of one location. Its counter is cached on each machine and updated
 *   in the background, so it lets some more through than the limit.
 *
 * No counter spans locations: a key with traffic in several of them has its limit in each. A check must not cost a hop to
 * another location to be counted.
 */
export const rateLimit = createMiddleware<RuntimeHono>(async (c, next) => {
  const { keyId, rateLimit: limit } = c.get("caller");
  countHere(keyId, limit);
  if (!(await isAllowedHere(c.env, keyId, limit))) throw refusal(limit, windowMs);
  await next();
});

/**
 * Counts a request without a key by `id`, and throws `rate_limited` above `limit` in this isolate, or above the smallest limit
 * with a binding in this location.
 */
export async function countRequest(env: RuntimeEnv, id: string, limit: number): Promise<void> {
  countHere(id, limit);
  const [smallest] = rateLimits;
  if (!(await isAllowedHere(env, id, smallest))) throw refusal(smallest, windowMs);
}

function countHere(id: string, limit: number): void {
  const window = openWindow(id, Date.now());
  window.count++;
  // A window that began here ends here. When the location's ends is unknown, but not later than a whole one from now.
  if (window.count > limit) throw refusal(limit, window.startedAt + windowMs - Date.now());
}

function openWindow(keyId: string, now: number): Window {
  const open = windows.get(keyId);
  if (open !== undefined && now - open.startedAt < windowMs) return open;
  forgetEndedWindows(now);
  const window = { startedAt: now, count: 0 };
  windows.set(keyId, window);
  return window;
}

/**
 * Counts the request with the binding of this limit. A limit without a binding is counted in memory alone, and so is a request that the
 * platform fails to count: refusing it would make an outage of the counter one of the API.
 */
async function isAllowedHere(env: RuntimeEnv, id: string, limit: number): Promise<boolean> {
  const counter = findCounter(env, limit);
  if (counter === undefined) return true;
  try {
    return (await counter.limit({ key: id })).success;
  } catch (error) {
    log("error", "rate_limit.not_counted", { error: errorMessage(error) });
    return true;
  }
}

function findCounter(env: RuntimeEnv, limit: number): RateLimit | undefined {
  switch (limit) {
    case 100:
      return env.RATE_LIMIT_100;
    case 500:
      return env.RATE_LIMIT_500;
    case 1_000:
      return env.RATE_LIMIT_1000;
    case 5_000:
      return env.RATE_LIMIT_5000;
    case 10_000:
      return env.RATE_LIMIT_10000;
    case 50_000:
      return env.RATE_LIMIT_50000;
    default:
      return undefined;
  }
}

function refusal(limit: number, remainingMs: number): ApiError {
  const seconds = Math.max(1, Math.ceil(remainingMs / 1_000));
  return new ApiError(
    "rate_limited",
    `Rate limit exceeded (${limit} requests per ${rateLimitPeriodSeconds} s). Retry after ${seconds} s.`,
    {
      headers: {
        "Retry-After": String(seconds),
        RateLimit: `"default";r=0;t=${seconds}`,
        "RateLimit-Policy": `"default";q=${limit};w=${rateLimitPeriodSeconds}`,
      },
    },
  );
}

/**
 * Only windows that have ended are forgotten: a limit that is forgotten early is none. So their number is that of the keys
 * in use, each of which exists, and of the places that open recovery links.
 */
function forgetEndedWindows(now: number): void {
  for (const [keyId, { startedAt }] of windows) {
    if (now - startedAt < windowMs) return;
    windows.delete(keyId);
  }
}
