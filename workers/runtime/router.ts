import { RegExpRouter } from "hono/router/reg-exp-router";
import { getPath } from "hono/utils/url";
import type { RuntimeEnv } from "./env.ts";
import { RequestRefused } from "./reply.ts";
import { RuntimeContext } from "./request-context.ts";
import { answer, open, type Route } from "./route.ts";

const nowhere = open(({ request }) => {
  const message = `There is no ${request.method} ${getPath(request)}. GET /v1/docs lists every endpoint.`;
  throw new RequestRefused("not_found", message);
});

/**
 * The worker's routes by method and path, found by Hono's router. Not Hono's application around it: its context is a seventh of
 * what a bare check costs, and every handler here has its own (docs/performance.md).
 */
export class Router {
  private readonly router = new RegExpRouter<Route & { path: string }>();

  get(path: string, route: Route): void {
    this.router.add("GET", path, { ...route, path });
  }

  post(path: string, route: Route): void {
    this.router.add("POST", path, { ...route, path });
  }

  async fetch(request: Request, env: RuntimeEnv): Promise<Response> {
    const { method } = request;
    // Who asks for a head gets what a GET would have, without its body.
    if (method === "HEAD") return new Response(null, await this.dispatch("GET", request, env));
    return this.dispatch(method, request, env);
  }

  private dispatch(method: string, request: Request, env: RuntimeEnv): Promise<Response> {
    const [[found]] = this.router.match(method, getPath(request));
    if (found === undefined) return answer(new RuntimeContext(request, env, ""), nowhere);
    const [route] = found;
    return answer(new RuntimeContext(request, env, route.path), route);
  }
}
