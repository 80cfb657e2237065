import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { type DecisionMoment, encodeDecisionId } from "../../../shared/kit/decision-id.ts";

/** Every decision, also a refused consume, carries an id by which an operator can see it again as it was. */
export function decisionHeader(identity: SubjectIdentity, moment: DecisionMoment): Record<string, string> {
  return { "Licenzy-Decision": encodeDecisionId(subjectName(identity), moment) };
}
