/**
 * The rate limits that a project can have: requests per key in 10 s. Each has its own binding in wrangler.toml, because
 * the limit of Cloudflare's rate limiting is part of the configuration, and its period is 10 s or 60 s.
 */
export const rateLimits = [100, 500, 1_000, 5_000, 10_000, 50_000] as const;
export type RateLimitStep = (typeof rateLimits)[number];

export const defaultRateLimit: RateLimitStep = 10_000;

export const rateLimitPeriodSeconds = 10;
