import { z } from "zod";
import { type ErrorCode, errorCodes } from "./error-codes.ts";

/** The body of every error response. It is flat, so that a client reads a single level. */
const errorReplySchema = z.object({
  error: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  message: z.string().meta({ description: "One sentence for the developer." }),
  request_id: z.string().meta({ example: "req_01k9zq3v4s5t6w7x8y9zabcdef" }),
  docs_url: z.url().meta({
    description: "The address of the code's documentation.",
    example: "https://api.example.com/docs/errors#invalid_request",
  }),
  details: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: "The validation errors of an `invalid_request`." }),
});

/** The body of an error response that has one of `codes`. */
export function errorReplySchemaOf(codes: readonly ErrorCode[]) {
  return errorReplySchema.extend({ error: z.enum(codes) });
}

export type ErrorReply = z.infer<typeof errorReplySchema>;
export type ErrorDetail = NonNullable<ErrorReply["details"]>[number];
