import { z } from "zod";

const subjectRefMaxBytes = 255;

const encoder = new TextEncoder();

// C0, DEL and C1 controls, and the two separators that break lines in logs.
const controlCharacter = /[\p{Cc}\u2028\u2029]/u;

/** Why `value` can't name a subject, or `null` when it can. */
function subjectRefFault(value: string): string | null {
  if (value.length === 0) return "must not be empty";
  // Checked before encoding: the encoder would replace a lone surrogate silently.
  if (!value.isWellFormed()) return "must be well-formed Unicode (it has a lone surrogate)";
  if (controlCharacter.test(value)) return "must not contain control characters";
  if (value.trim() !== value) return "must not begin or end with white space";
  if (value === "." || value === "..") return "must not be '.' or '..'";
  // A UTF-16 unit takes three bytes at most, so that a short name need not be encoded.
  if (value.length * 3 > subjectRefMaxBytes && encoder.encode(value).length > subjectRefMaxBytes)
    return `must be at most ${subjectRefMaxBytes} bytes in UTF-8`;
  return null;
}

/** The caller's own name for a customer: 1-255 bytes of well-formed UTF-8. */
export const subjectRefSchema = z
  .string()
  .superRefine((value, context) => {
    const fault = subjectRefFault(value);
    if (fault !== null) context.addIssue({ code: "custom", message: `subject_ref ${fault}` });
  })
  .meta({
    description:
      "Your name for the customer: 1-255 bytes of UTF-8 without control characters or surrounding white space; not `.` or `..`. Percent-encode it in a path.",
    example: "user_8812",
  });
