import type { Operation, ParsedInputOf, ReplyOf } from "../../../shared/contract/operations/operation.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import {
  implementer,
  type OperationContext,
  type ReadAhead,
  type WithAhead,
} from "../../../shared/operations/implement.ts";
import type { RuntimeEnv } from "../env.ts";

export const implement = implementer<RuntimeEnv>();

type CustomerOperation = Operation & { scope: "project" };

export type CustomerContext<O extends CustomerOperation> = OperationContext<RuntimeEnv, O> & {
  /** The customer's subject, in the scope of the call. */
  identity: SubjectIdentity;
};

/** `implement` for an operation on one customer. */
export const implementForCustomer = <O extends CustomerOperation, Ahead = null>(
  operation: O,
  execute: (context: CustomerContext<O> & WithAhead<Ahead>, input: ParsedInputOf<O>) => Promise<ReplyOf<O>>,
  readAhead?: ReadAhead<RuntimeEnv, O, Ahead>,
) =>
  implement(
    operation,
    async (context, input) => {
      const { subjectRef } = input as { subjectRef: string };
      const parsed = subjectRefSchema.safeParse(subjectRef);
      if (!parsed.success)
        return refusal("not_found", `Invalid subject_ref: ${parsed.error.issues[0]?.message}.`);
      const { scope, region } = context as OperationContext<RuntimeEnv, CustomerOperation>;
      return execute({ ...context, identity: { ...scope, region, subjectRef } }, input);
    },
    readAhead,
  );
