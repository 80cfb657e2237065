import { invalidRequest, unknownPath } from "../errors.ts";
import { controlApi } from "./api.ts";
import { controlBilling } from "./billing.ts";
import { controlCheckout } from "./checkout.ts";
import { controlClock } from "./clock.ts";
import type { Control, ControlResult, ControlWorld } from "./control.ts";
import { controlDelivery } from "./delivery.ts";
import { controlDispute, controlNewDispute } from "./disputes.ts";
import { controlDunning } from "./dunning.ts";
import { controlNewEvent } from "./events.ts";
import { controlNewInvoice } from "./invoice.ts";
import { controlInvoicePayments } from "./invoice-payments.ts";
import { controlKeys } from "./keys.ts";
import { controlPayment } from "./payment.ts";
import { controlNewRefund, controlRefund } from "./refunds.ts";
import { readState } from "./state.ts";
import { controlSubscription } from "./subscription.ts";

const controls: Record<string, Control> = {
  "/control/api": controlApi,
  "/control/billing": controlBilling,
  "/control/checkout/:id": controlCheckout,
  "/control/clock": controlClock,
  "/control/delivery": controlDelivery,
  "/control/disputes": controlNewDispute,
  "/control/disputes/:id": controlDispute,
  "/control/dunning": controlDunning,
  "/control/events": controlNewEvent,
  "/control/invoices": controlNewInvoice,
  "/control/invoices/:id/payments": controlInvoicePayments,
  "/control/keys": controlKeys,
  "/control/payments/:id": controlPayment,
  "/control/refunds": controlNewRefund,
  "/control/refunds/:id": controlRefund,
  "/control/subscriptions/:id": controlSubscription,
};

/**
 * Handles a control. `path` starts with `/control/` and may have a query. Throws errors in Stripe's shape.
 */
export function handleControl(
  world: ControlWorld,
  method: string,
  path: string,
  text: string,
): ControlResult {
  const [route = "", query] = path.split("?");
  if (method === "GET" && route === "/control/state") {
    return { reply: readState(world, new URLSearchParams(query).get("account") ?? undefined) };
  }
  const [, , name, id = "", ...action] = route.split("/");
  const control = controls[["/control", name, ...(id === "" ? [] : [":id"]), ...action].join("/")];
  if (method !== "POST" || control === undefined) throw unknownPath(method, `/pocket-stripe${path}`);
  return world.storage.transactionSync(() => control(world, decodeJson(text), id));
}

function decodeJson(text: string): unknown {
  try {
    return JSON.parse(text === "" ? "{}" : text);
  } catch (error) {
    throw invalidRequest(`The body is not JSON: ${String(error)}`);
  }
}
