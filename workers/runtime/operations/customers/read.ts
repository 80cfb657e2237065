import {
  findCustomersByEmail,
  readCustomer,
  readDecision,
} from "../../../../shared/contract/operations/customers.ts";
import { refusal } from "../../../../shared/contract/operations/reply.ts";
import { subjectName } from "../../../../shared/domain/subject-name.ts";
import { decodeDecisionId } from "../../../../shared/kit/decision-id.ts";
import { explainEntitlement, toDecisionView } from "../../subject/views/explain.ts";
import { callSubject } from "../../subject-stub.ts";
import { implement, implementForCustomer } from "../implement.ts";
import { fetchCustomersByEmail } from "../prices.ts";

const maxEntries = 200;

export const read = implementForCustomer(readCustomer, async ({ env, identity }, { before, limit }) => {
  const page = { before, limit: Math.min(limit, maxEntries) };
  const customer = await callSubject(env, identity, (subject) => subject.customerView(identity, page));
  return { outcome: "done", customer };
});

/** Also for an id of the right form that nothing here returned: a sequence and a time that do not belong together. */
const noSuchDecision = refusal("invalid", "Decision not found for this customer.", "asOf");

/** Recomputes the decision from the ledger. */
export const readPastDecision = implementForCustomer(
  readDecision,
  async ({ env, identity, now }, { asOf }) => {
    const isTime = "at" in asOf;
    const moment = isTime
      ? { sequence: null, at: asOf.at }
      : decodeDecisionId(subjectName(identity), asOf.decisionId.trim());
    if (moment === null) return noSuchDecision;
    if (moment.at > now)
      return isTime
        ? refusal("invalid", "This time is in the future: nothing was decided then.", "asOf")
        : noSuchDecision;
    const found = await callSubject(env, identity, (subject) => subject.decisionAsOf(moment));
    if (found.outcome === "not_a_decision") return noSuchDecision;
    if (found.outcome === "too_long_ago") {
      const earliest = new Date(found.reachesBackTo.at).toISOString();
      return refusal("invalid", `Decisions are available back to ${earliest}; this one is older.`, "asOf");
    }
    const { decision, entitlements, sequence, at } = found;
    return {
      outcome: "done",
      decision: toDecisionView(identity, decision, { sequence, at }),
      entitlements: entitlements.map((entitlement) => explainEntitlement(entitlement, at)),
    };
  },
);

export const findByEmail = implement(findCustomersByEmail, ({ env, scope }, { email }) =>
  fetchCustomersByEmail(env, scope, email),
);
