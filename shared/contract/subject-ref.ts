import { z } from "zod";

const maxSubjectRefBytes = 255;

const encoder = new TextEncoder();

// C0, DEL and C1 controls, and the two separators that break lines in logs.
const controlCharacter = /[\p{Cc}\u2028\u2029]/u;

/** Returns why `value` is not a valid subject_ref, or `null` when it is valid. */
function findSubjectRefError(value: string): string | null {
  if (value.length === 0) return "must not be empty";
  // Checked before encoding: the encoder would replace a lone surrogate silently.
  if (!value.isWellFormed()) return "must be well-formed Unicode (it has a lone surrogate)";
  if (controlCharacter.test(value)) return "must not contain control characters";
  if (value.trim() !== value) return "must not begin or end with whitespace";
  if (value === "." || value === "..") return "must not be '.' or '..'";
  // A UTF-16 unit takes at most three bytes, so short values need no encoding.
  if (value.length * 3 > maxSubjectRefBytes && encoder.encode(value).length > maxSubjectRefBytes)
    return `must be at most ${maxSubjectRefBytes} bytes in UTF-8`;
  return null;
}

/** The caller's identifier for a customer: 1-255 bytes of well-formed UTF-8. */
export const subjectRefSchema = z
  .string()
  // In UTF-16 units; the rule below counts bytes.
  .max(maxSubjectRefBytes, `subject_ref must be at most ${maxSubjectRefBytes} bytes in UTF-8`)
  .superRefine((value, context) => {
    const error = findSubjectRefError(value);
    if (error !== null) context.addIssue({ code: "custom", message: `subject_ref ${error}` });
  })
  .meta({
    description:
      "Your identifier for the customer: 1-255 bytes of UTF-8 without control characters or surrounding whitespace; not `.` or `..`. Percent-encode it in a path.",
    example: "user_8812",
  });
