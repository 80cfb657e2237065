import { z } from "@hono/zod-openapi";

/** The headers of replies, for the OpenAPI document. */
const headers = {
  "Request-Id": z
    .string()
    .meta({ description: "The id of this request.", example: "req_01k9zq3v4s5t6w7x8y9zabcdef" }),
  "Licenzy-Decision": z
    .string()
    .meta({ description: "The id of the decision. An operator can look it up in the portal." }),
  "Idempotency-Replayed": z
    .literal("true")
    .meta({ description: "Present when the response replays an earlier request with the same key." }),
  "Retry-After": z.string().meta({ description: "The seconds to wait before a retry.", example: "1" }),
  RateLimit: z.string().meta({ description: "What remains of the limit.", example: '"default";r=0;t=7' }),
  "RateLimit-Policy": z.string().meta({ description: "The limit.", example: '"default";q=10000;w=10' }),
  "WWW-Authenticate": z.string().meta({ description: "The authentication scheme.", example: "Bearer" }),
};

/** The headers of a successful reply. `replayed`: the request is idempotent by a key. */
export function replyHeaders({ decision, replayed = false }: { decision: boolean; replayed?: boolean }) {
  return z.object({
    "Request-Id": headers["Request-Id"],
    ...(decision ? { "Licenzy-Decision": headers["Licenzy-Decision"] } : {}),
    ...(replayed ? { "Idempotency-Replayed": headers["Idempotency-Replayed"].optional() } : {}),
  });
}

/** The headers of an error reply with this status. `decision`: some of its codes are decisions. */
export function errorHeaders(
  status: number,
  { decision, isDelayed }: { decision: boolean; isDelayed: boolean },
) {
  return z.object({
    "Request-Id": headers["Request-Id"],
    ...(status === 401 ? { "WWW-Authenticate": headers["WWW-Authenticate"] } : {}),
    ...(status === 429 || status === 503 ? { "Retry-After": headers["Retry-After"] } : {}),
    ...(isDelayed ? { "Retry-After": headers["Retry-After"].optional() } : {}),
    ...(status === 429
      ? { RateLimit: headers.RateLimit, "RateLimit-Policy": headers["RateLimit-Policy"] }
      : {}),
    ...(decision ? { "Licenzy-Decision": headers["Licenzy-Decision"].optional() } : {}),
  });
}
