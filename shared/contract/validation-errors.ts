import type { z } from "zod";
import type { ErrorDetail } from "./errors.ts";

/** Each error once, with its path and a message that continues the path. `member` names a part of the request. */
export function validationErrors(error: z.ZodError, member: string): ErrorDetail[] {
  const errors = error.issues.flatMap((issue) => {
    // Zod names the object that has unknown keys; a developer looks for the key itself.
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({
        path: [...issue.path, key].join("."),
        message: `is not a ${member} of this request`,
      }));
    return [{ path: issue.path.join(".") || "body", message: plainMessage(issue.message) }];
  });
  return [...new Map(errors.map((detail) => [`${detail.path} ${detail.message}`, detail])).values()];
}

/** Zod's "Invalid input: expected string, received undefined" without its prefix, which the error's message has already. */
function plainMessage(message: string): string {
  return message.replace(/^Invalid input: /, "").replace(/^subject_ref /, "");
}
