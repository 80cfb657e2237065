import type { z } from "zod";
import { isIdempotencyKey } from "../../../shared/contract/idempotency-key.ts";
import { maxBodyBytes } from "../../../shared/contract/request-limits.ts";
import { validationErrors } from "../../../shared/contract/validation-errors.ts";
import type { ApiContext } from "../request-context.ts";
import { ApiError } from "./api-error.ts";
import { invalidRequest } from "./invalid-request.ts";
import { findUnusableMember } from "./json-members.ts";
import { readBody } from "./read-body.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** Parses the body by `schema`. Checks in this order: media type, size, JSON, shape. */
export async function readJson<S extends z.ZodType>(c: ApiContext, schema: S): Promise<z.output<S>> {
  const mediaType = c.req.header("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/json")
    throw new ApiError("unsupported_media_type", "Send the body as `Content-Type: application/json`.");
  const bytes = await readBody(c.req.raw, maxBodyBytes);
  let value: unknown;
  let text: string;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : "it contains bytes that are not UTF-8";
    throw new ApiError("invalid_json", `Invalid JSON: ${reason}`);
  }
  const unusable = findUnusableMember(text, value);
  if (unusable !== null) {
    const message = unusable === "__proto__" ? "is not a field of this request" : "must be given once";
    throw invalidRequest([{ path: unusable, message }]);
  }
  return validate(schema, value);
}

/** Parses the query by `schema`. Refuses a parameter that is given twice. */
export function readQuery<S extends z.ZodType>(c: ApiContext, schema: S): z.output<S> {
  // Most requests have no query, and parsing the URL would cost each of them.
  if (!c.req.url.includes("?")) return validate(schema, {});
  const query = new URL(c.req.url).searchParams;
  const names = [...query.keys()];
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw invalidRequest([{ path: repeated, message: "must be given once" }]);
  return validate(schema, Object.fromEntries(query), "query parameter");
}

/**
 * Parses the path's parameter by `schema`, which names it. A path has at most one, as its last segment. Refuses an encoding
 * that is not UTF-8, which `c.req.param` would pass on undecoded.
 */
export function readPathParams<S extends z.ZodObject>(c: ApiContext, schema: S): z.output<S> {
  const [name = ""] = Object.keys(schema.shape);
  let value: string;
  try {
    value = decodeURIComponent(rawLastSegment(c.req.url));
  } catch {
    throw invalidRequest([{ path: name, message: "is not percent-encoded UTF-8" }]);
  }
  return validate(schema, { [name]: value });
}

/** As it was sent: `a%2Fb` is one segment, and `a\b` and `%2e%2e` stay as they are, where `URL` would resolve them. */
function rawLastSegment(url: string): string {
  const [path = ""] = url.split(/[?#]/, 1);
  return path.split("/").at(-1) ?? "";
}

export function readIdempotencyKey(c: ApiContext): string {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined || key === "")
    throw new ApiError(
      "missing_idempotency_key",
      "Missing Idempotency-Key header. Send a unique key per operation and reuse it on retries.",
    );
  if (!isIdempotencyKey(key))
    throw new ApiError(
      "invalid_idempotency_key",
      "Invalid Idempotency-Key header. Send 1 to 255 visible ASCII characters without spaces.",
    );
  return key;
}

function validate<S extends z.ZodType>(schema: S, value: unknown, member = "field"): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidRequest(validationErrors(result.error, member));
}
