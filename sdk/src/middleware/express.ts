import { findDenial, type GateOptions } from "./access-gate.ts";

export type { GateOptions } from "./access-gate.ts";

/** The parts of Express' request that `subjectRef` reads without an annotation. */
interface ExpressRequest {
  get(name: string): string | undefined;
}

/** The parts of Express' response that are used. */
interface ExpressResponse {
  status(code: number): unknown;
  setHeader(name: string, value: string): unknown;
  json(body: unknown): unknown;
}

/**
 * Middleware for Express: answers 402 with the reason when the customer has no access, 401 without a session, and
 * 503 when Licenzy can't be reached and no fail mode is set. `Request` is Express' own type:
 * annotate the parameter of `subjectRef` with it to read the rest.
 */
export function requireAccess<Request extends ExpressRequest>(
  options: GateOptions<Request>,
): (request: Request, response: ExpressResponse, next: (error?: unknown) => void) => Promise<void> {
  return async (request, response, next) => {
    try {
      const denial = await findDenial(request, options);
      if (denial === null) return next();
      response.setHeader("Cache-Control", "no-store");
      for (const [name, value] of Object.entries(denial.headers)) response.setHeader(name, value);
      response.status(denial.status);
      response.json(denial.body);
    } catch (error) {
      next(error);
    }
  };
}
