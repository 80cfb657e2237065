import { z } from "@hono/zod-openapi";
import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { decodeDecisionId } from "../../../shared/kit/decision-id.ts";
import { invalidRequest } from "../http/invalid-request.ts";
import type { ApiContext } from "../request-context.ts";

const name = "Licenzy-At-Least";

export const atLeastHeader = z.object({
  [name]: z.string().optional().meta({
    description:
      "The `Licenzy-Decision` of an earlier response about this subject. The reply is not older than it, wherever it is answered.",
    example: "dec_01k9zq3v4s5t6w7x8y9zabcdefghjkmn",
  }),
});

/** Returns the entry of the ledger that the reply must contain, from the request's header; 0 without one. */
export function readAtLeast(c: ApiContext, subject: SubjectIdentity): number {
  const decisionId = c.req.header(name);
  if (decisionId === undefined) return 0;
  const moment = decodeDecisionId(subjectName(subject), decisionId);
  if (moment === null)
    throw invalidRequest([
      { path: name, message: "must be the Licenzy-Decision of a response about this subject" },
    ]);
  return moment.sequence;
}
