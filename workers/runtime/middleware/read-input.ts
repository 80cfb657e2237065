import type { z } from "zod";
import type { FaultDetail } from "../../../shared/contract/errors.ts";
import { isIdempotencyKey } from "../../../shared/contract/idempotency-key.ts";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import { RequestRefused } from "../reply.ts";
import type { RuntimeContext } from "../request-context.ts";
import { readBody } from "./read-body.ts";

const maxBodyBytes = 16 * 1024;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** The body as `schema` has it. Refuses, in this order: media type, size, JSON, shape. */
export async function readJson<S extends z.ZodType>(c: RuntimeContext, schema: S): Promise<z.output<S>> {
  const mediaType = c.header("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/json")
    throw new RequestRefused("unsupported_media_type", "Send the body as `Content-Type: application/json`.");
  const bytes = await readBody(c.request, maxBodyBytes);
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new RequestRefused(
      "invalid_json",
      `The body is not well-formed JSON in UTF-8: ${syntaxFault(error)}`,
    );
  }
  return validate(schema, value);
}

function syntaxFault(error: unknown): string {
  return error instanceof SyntaxError ? error.message : "it has bytes that are not UTF-8";
}

/** The query as `schema` has it. A parameter that is given twice is refused. */
export function readQuery<S extends z.ZodType>(c: RuntimeContext, schema: S): z.output<S> {
  const query = new URL(c.request.url).searchParams;
  const names = [...query.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidRequest([{ path: twice, message: "must be given once" }]);
  return validate(schema, Object.fromEntries(query));
}

/** The subject in the last segment of the path. An encoding that is not UTF-8 is refused, where others pass it on as it is. */
export function readSubjectInPath(c: RuntimeContext): string {
  let subjectRef: string;
  try {
    subjectRef = decodeURIComponent(c.lastPathSegment());
  } catch {
    throw invalidRequest([{ path: "subject_ref", message: "is not percent-encoded UTF-8" }]);
  }
  const result = subjectRefSchema.safeParse(subjectRef);
  if (!result.success)
    throw invalidRequest(
      result.error.issues.map(({ message }) => ({ path: "subject_ref", message: plainMessage(message) })),
    );
  return result.data;
}

export function readIdempotencyKey(c: RuntimeContext): string {
  const key = c.header("Idempotency-Key");
  if (key === undefined || key === "")
    throw new RequestRefused(
      "missing_idempotency_key",
      "Send an `Idempotency-Key` header that names this one business event, so that a retry is not a second one.",
    );
  if (!isIdempotencyKey(key))
    throw new RequestRefused(
      "invalid_idempotency_key",
      "`Idempotency-Key` must be 1 to 255 visible ASCII characters, without spaces.",
    );
  return key;
}

export function invalidRequest(details: FaultDetail[]): RequestRefused {
  const first = details[0];
  const message =
    first === undefined
      ? "The request is not valid."
      : `The request is not valid: ${first.path} ${first.message}.`;
  return new RequestRefused("invalid_request", message, { details });
}

function validate<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidRequest(faultsOf(result.error));
}

/** Each fault once, where it is, in words that go on from the path. */
function faultsOf(error: z.ZodError): FaultDetail[] {
  const faults = error.issues.flatMap((issue) => {
    // Zod names the object that has too much; a developer looks for the field itself.
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({
        path: [...issue.path, key].join("."),
        message: "is not a field of this request",
      }));
    return [{ path: issue.path.join(".") || "body", message: plainMessage(issue.message) }];
  });
  return [...new Map(faults.map((fault) => [`${fault.path} ${fault.message}`, fault])).values()];
}

/** Zod's "Invalid input: expected string, received undefined" without its head, which the sentence already says. */
function plainMessage(message: string): string {
  return message.replace(/^Invalid input: /, "").replace(/^subject_ref /, "");
}
