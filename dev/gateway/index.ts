import { handleControl } from "./controls.ts";
import type { GatewayEnv } from "./env.ts";
import { isLocalCaller } from "./local-caller.ts";
import { handleReceiver } from "./receiver/routes.ts";
import { errorReply } from "./replies.ts";

export { Dev } from "./dev.ts";
export { DevClock } from "./dev-clock.ts";
export { Mailbox } from "./mailbox.ts";
export { Receiver } from "./receiver/receiver.ts";

/**
 * The page that customers of the demo return to after paying. It represents the app that sells with
 * Licenzy.
 */
function shopPage(): Response {
  return new Response(
    "Back in the shop. If you paid, access is on: call POST /v1/access/check for the subject of the checkout.\n",
  );
}

/** Serves all workers under one origin. Requests and responses pass through unchanged and unread. */
export default {
  fetch(request, env): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    const isControl = pathname.startsWith("/__dev/") || pathname.startsWith("/pocket-stripe/control/");
    if (isControl && !isLocalCaller(request)) {
      return errorReply(
        403,
        "foreign_caller",
        "The development controls answer local callers only: Host must be localhost or 127.0.0.1, and no page of another origin may call.",
      );
    }
    if (pathname === "/__dev/shop") return shopPage();
    if (pathname.startsWith("/__dev/")) return handleControl(request, env);
    const isHealth = pathname === "/healthz" || pathname === "/readyz";
    if (pathname.startsWith("/v1/") || pathname.startsWith("/r/") || isHealth)
      return env.RUNTIME.fetch(request);
    if (pathname.startsWith("/pocket-stripe/")) return env.POCKET_STRIPE.fetch(request);
    if (pathname.startsWith("/receiver/")) return handleReceiver(request, env);
    return env.PORTAL.fetch(request);
  },
} satisfies ExportedHandler<GatewayEnv>;
