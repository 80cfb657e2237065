import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { type DecisionMoment, encodeDecisionId } from "../../../shared/kit/decision-id.ts";
import { type ApiContext, addLogFields } from "../request-context.ts";

/** The header of every decision, also of a refused consume: its id, by which an operator can look it up. Logs it too. */
export function decisionHeader(
  c: ApiContext,
  identity: SubjectIdentity,
  moment: DecisionMoment,
  products: readonly string[] = [],
): Record<string, string> {
  const decisionId = encodeDecisionId(subjectName(identity), moment, products);
  addLogFields(c, { decisionId, sequence: moment.sequence });
  return { "Licenzy-Decision": decisionId };
}
