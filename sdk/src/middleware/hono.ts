import { findDenial, type GateOptions, toResponse } from "./access-gate.ts";

export type { GateOptions } from "./access-gate.ts";

/** The part of Hono's context that `subjectRef` reads without an annotation. */
interface HonoContext {
  req: { header(name: string): string | undefined };
}

/**
 * Middleware for Hono: answers 402 with the reason when the customer has no access, 401 without a session, and 503
 * when Licenzy can't be reached and no fail mode is set. `Context` is Hono's own type:
 * annotate the parameter of `subjectRef` with it to read variables.
 */
export function requireAccess<Context extends HonoContext>(
  options: GateOptions<Context>,
): (context: Context, next: () => Promise<void>) => Promise<Response | undefined> {
  return async (context, next) => {
    const denial = await findDenial(context, options);
    if (denial !== null) return toResponse(denial);
    await next();
    return undefined;
  };
}
