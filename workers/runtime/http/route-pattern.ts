import { routePath } from "hono/route";
import type { ApiContext } from "../request-context.ts";

/** The path as registered, `/v1/entitlements/:subject_ref`; empty where only the middleware for all paths matched. */
export function routePattern(c: ApiContext): string {
  const pattern = routePath(c, -1);
  return pattern === "/*" ? "" : pattern;
}
