import type { Operation, ParsedInputOf } from "../contract/operations/operation.ts";
import { type Refusal, refusal } from "../contract/operations/reply.ts";

/** The error of a value that the portal's own forms can't send. */
export const alteredForm = "The form is incomplete. Reload the page.";

/** The message of errors for which the schema defines none: such a value means that the form was altered. */
export const parseOptions = { error: () => alteredForm };

/** Parses an operation's input by its schema. The refusal names the first error and the key of the input it is in. */
export function parseInput<O extends Operation>(
  operation: O,
  input: unknown,
): { outcome: "parsed"; input: ParsedInputOf<O> } | Refusal {
  const parsed = operation.input.safeParse(input, parseOptions);
  if (parsed.success) return { outcome: "parsed", input: parsed.data as ParsedInputOf<O> };
  const [issue] = parsed.error.issues;
  if (issue === undefined || issue.message === alteredForm) return refusal("invalid", alteredForm);
  return refusal(
    "invalid",
    issue.message,
    issue.path.findLast((key) => typeof key === "string"),
  );
}
