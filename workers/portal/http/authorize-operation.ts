import type { Operation } from "../../../shared/contract/operations/operation.ts";
import { authorize } from "../../../shared/operations/authorize.ts";
import { type PortalContext, toOperatorCaller } from "../request-context.ts";

/**
 * Authorizes an operation on the whole account that the portal executes itself. As in the other workers,
 * session, role and recent authentication are read from D1 right before the write, whatever the route has
 * checked.
 */
export const authorizeOperation = (
  c: PortalContext,
  operation: Operation & { worker: "portal"; scope: "account" },
) => authorize(c.env, toOperatorCaller(c), null, operation);
