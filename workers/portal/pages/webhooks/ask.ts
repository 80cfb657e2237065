import type { OperatorCaller } from "../../../../shared/contract/operations/reply.ts";
import type { Scope } from "../../../../shared/contract/scope.ts";
import { asked } from "../../http/outcome.ts";
import { callerOf, type PortalContext, placeOf } from "../../request-context.ts";

/** Asks the deliveries worker, in the name of whoever sent the request and for the project and mode it is about. */
export const askDeliveries = <T extends { outcome: string }>(
  c: PortalContext,
  question: (deliveries: WebhookOperatorRpc, ...who: [OperatorCaller, Scope]) => Promise<T>,
): Promise<T> => asked(question(c.env.WEBHOOKS, callerOf(c), placeOf(c)), "the deliveries worker");
