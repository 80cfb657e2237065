import {
  type ComparedAnswer,
  clearShadow,
  compareAccess,
} from "../../../shared/contract/operations/shadow.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { clearDisagreements } from "../db/clear-disagreements.ts";
import { callSubject } from "../subject-stub.ts";
import { implement } from "./implement.ts";

const concurrentCalls = 25;

/** Reads each customer's object, as a check does, without counting as the customer's last check. */
export const compare = implement(compareAccess, async ({ env, scope, region }, { answers }) => {
  const compared: ComparedAnswer[] = [];
  for (let index = 0; index < answers.length; index += concurrentCalls) {
    const calls = answers.slice(index, index + concurrentCalls).map(async (answer) => {
      const identity = { ...scope, region, subjectRef: answer.subjectRef };
      const { decision } = await callSubject(env, identity, (subject) => subject.read());
      const { allowed } = decision;
      return { ...answer, allowed, reason: decision.allowed ? null : decision.reason };
    });
    compared.push(...(await Promise.all(calls)));
  }
  return { outcome: "done", compared };
});

export const clear = implement(clearShadow, async ({ env, scope, audit }) => {
  const entry = audit({ target: scope.projectId });
  return { outcome: "done", cleared: await clearDisagreements(dataOf(env, scope), scope, entry) };
});
