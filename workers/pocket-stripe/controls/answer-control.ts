import { invalidRequest, unknownPath } from "../errors.ts";
import { controlApi } from "./api.ts";
import { controlCheckout } from "./checkout.ts";
import { controlClock } from "./clock.ts";
import type { Control, ControlResult, ControlWorld } from "./control.ts";
import { controlDelivery } from "./delivery.ts";
import { controlKeys } from "./keys.ts";
import { controlPayment } from "./payment.ts";
import { readState } from "./state.ts";

const controls: Record<string, Control> = {
  "/control/api": controlApi,
  "/control/checkout/:id": controlCheckout,
  "/control/clock": controlClock,
  "/control/delivery": controlDelivery,
  "/control/keys": controlKeys,
  "/control/payments/:id": controlPayment,
};

/** `path` begins with `/control/`. Throws a refusal in the shape of Stripe's errors. */
export function answerControl(
  world: ControlWorld,
  method: string,
  path: string,
  text: string,
): ControlResult {
  if (method === "GET" && path === "/control/state") return { reply: readState(world) };
  const [, , name, id = ""] = path.split("/");
  const control = controls[`/control/${name}${id === "" ? "" : "/:id"}`];
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
