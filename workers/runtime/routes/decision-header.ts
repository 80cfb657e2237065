import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { type DecisionMoment, encodeDecisionId } from "../../../shared/kit/decision-id.ts";
import type { RuntimeContext } from "../request-context.ts";

/** Every decision, also a refused consume, carries an id by which an operator can see it again as it was; its line has it too. */
export function decisionHeader(
  c: RuntimeContext,
  identity: SubjectIdentity,
  moment: DecisionMoment,
): Record<string, string> {
  const decisionId = encodeDecisionId(subjectName(identity), moment);
  c.note({ decisionId, sequence: moment.sequence });
  return { "Licenzy-Decision": decisionId };
}
