import { findDenial, type GateOptions, toResponse } from "./access-gate.ts";

export type { GateOptions } from "./access-gate.ts";

type Handler<Incoming, Rest extends unknown[]> = (
  request: Incoming,
  ...rest: Rest
) => Response | Promise<Response>;

/**
 * Wraps a route handler of Next.js: answers 402 with the reason when the customer has no access, 401 without a session,
 * and 503 when Licenzy can't be reached and no fail mode is set.
 */
export function requireAccess<Incoming extends Request>(
  options: GateOptions<Incoming>,
): <Rest extends unknown[]>(handler: Handler<Incoming, Rest>) => Handler<Incoming, Rest> {
  return (handler) =>
    async (request, ...rest) => {
      const denial = await findDenial(request, options);
      return denial === null ? handler(request, ...rest) : toResponse(denial);
    };
}
