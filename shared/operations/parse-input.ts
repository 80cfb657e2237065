import type { Operation, ParsedInputOf } from "../contract/operations/operation.ts";
import { type Refusal, refusal } from "../contract/operations/reply.ts";

const alteredForm = "The form is damaged: load the page again.";

/** Parses an operation's input by its schema. The refusal names the first error and the key of the input it is in. */
export function parseInput<O extends Operation>(
  operation: O,
  input: unknown,
): { outcome: "parsed"; input: ParsedInputOf<O> } | Refusal {
  // A message in the schema wins over this one: what has none can't happen with the portal's own forms.
  const parsed = operation.input.safeParse(input, { error: () => alteredForm });
  if (parsed.success) return { outcome: "parsed", input: parsed.data as ParsedInputOf<O> };
  const [issue] = parsed.error.issues;
  const field = issue?.path.findLast((key) => typeof key === "string");
  return refusal("invalid", issue?.message ?? alteredForm, field);
}
