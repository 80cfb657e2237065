import { type Context, openContext } from "./context.ts";
import { StripeApiError } from "./errors.ts";
import { htmlReply, page, payForm, sentence } from "./pay-page-html.ts";
import { completeSession } from "./payments/complete-session.ts";
import { expireSession } from "./payments/expire-session.ts";
import { parseScope } from "./scope.ts";
import type { StripeObjects } from "./wire.ts";

export interface PayRequest {
  method: string;
  sessionId: string;
  form: string;
  now: number;
}

/**
 * Serves the page of a checkout session's `url`. It shows the items and lets the payer pay, pay later or
 * expire the session.
 */
export function handlePayPage(
  storage: DurableObjectStorage,
  publicOrigin: string,
  request: PayRequest,
): Response {
  const [row] = storage.sql
    .exec<{ scope: string }>(
      "SELECT scope FROM objects WHERE id = ? AND type = 'checkout.session'",
      request.sessionId,
    )
    .toArray();
  if (row === undefined)
    return htmlReply(404, page("Not found", sentence("There is no such checkout session.")));
  const context = openContext(storage, publicOrigin, parseScope(row.scope), request.now);
  const session = context.objects.get("checkout.session", request.sessionId);
  if (request.method === "GET") return show(context, session);
  if (request.method !== "POST") return htmlReply(405, page("No", sentence("This page takes GET and POST.")));
  try {
    return storage.transactionSync(() => act(context, session, new URLSearchParams(request.form)));
  } catch (error) {
    if (!(error instanceof StripeApiError)) throw error;
    return htmlReply(409, page("Not possible", sentence(error.message)));
  }
}

/** A success page for projects without one. */
export function thanksPage(): Response {
  return htmlReply(200, page("Thank you", sentence("You paid. Your shop would show the purchase here.")));
}

function show(context: Context, session: StripeObjects["checkout.session"]): Response {
  if (session.status !== "open")
    return htmlReply(200, page("Checkout", sentence(`This checkout is ${session.status}.`)));
  const items = context.objects.list("item", "", { parent: session.id }).data;
  return htmlReply(200, page("Checkout", payForm(session, items)));
}

function act(context: Context, session: StripeObjects["checkout.session"], form: URLSearchParams): Response {
  const action = form.get("action");
  if (action === "expire") {
    if (session.status === "open") expireSession(context, session);
    return show(context, context.objects.get("checkout.session", session.id));
  }
  if (action !== "pay" && action !== "pay_later")
    return htmlReply(400, page("No", sentence("Unknown action.")));
  const completed = completeSession(context, session, action === "pay" ? "paid" : "unpaid", {
    email: form.get("email") || undefined,
    name: form.get("name") || undefined,
  });
  const successUrl = (completed.success_url ?? context.publicOrigin).replaceAll(
    "{CHECKOUT_SESSION_ID}",
    completed.id,
  );
  return new Response(null, { status: 303, headers: { location: successUrl } });
}
