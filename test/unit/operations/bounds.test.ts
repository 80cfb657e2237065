import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { operations } from "../../../shared/contract/operations/table.ts";
import { stripeEventEnvelopeSchema } from "../../../shared/contract/stripe-event.ts";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";

/**
 * Walks every schema of something that a person, a caller or Stripe sends, and finds each text, number, list and object
 * that has no bound. What has none can be stored in any size, and times beyond the calendar break the pages that show them.
 */

/** Far more than any field of ours, and far less than what a request can carry. */
const maxCharacters = 10_000;

/** JSON schema says nothing about these: each is bounded by its own rule, which a test of the schema shows. */
const boundedByRule = new Set([
  // At most 20 members, by a refinement (test/system/errors.test.ts).
  "checkoutRequestSchema.metadata",
  // A file of at most 8 MB, which is read line by line (shared/domain/customer-mapping.test.ts).
  "access_audit.upload_mapping.csv",
  // Stripe's event is stored as it came; the route limits the body to 1 MB.
  "Stripe event",
  "Stripe event.data",
  "Stripe event.data.object",
]);

interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  maxLength?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  maxProperties?: number;
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
}

const toJsonSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }) as JsonSchema;

/** A pattern without `*`, `+` and `{n,}`: it matches texts of a limited length only. */
const isBoundedPattern = (pattern: string): boolean =>
  /^\^.*\$$/s.test(pattern) && !/(?<!\\)(\*|\+|\{\d+,\})/.test(pattern.replace(/\[[^\]]*\]/g, "x"));

/** The schema of a named component, without the null of what may be missing. */
function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const name = schema.$ref?.split("/").at(-1);
  const named = name === undefined ? schema : (root.$defs?.[name] ?? schema);
  if (!Array.isArray(named.type)) return named;
  const [type = "null"] = named.type.filter((each) => each !== "null");
  return { ...named, type };
}

function findUnbounded(path: string, given: JsonSchema, isExtended = false): string[] {
  const schema = resolve(given, given);
  const { anyOf, oneOf, allOf } = schema;
  const unions = [...(anyOf ?? []), ...(oneOf ?? [])].flatMap((part) => findUnbounded(path, part));
  // An object of an intersection leaves what it does not name to the other one.
  const parts = (allOf ?? []).flatMap((part) => findUnbounded(path, part, true));
  return [...unions, ...parts, ...findOwn(path, schema, isExtended)];
}

function findOwn(path: string, schema: JsonSchema, isExtended: boolean): string[] {
  if (schema.enum !== undefined || schema.const !== undefined || boundedByRule.has(path))
    return findInMembers(path, schema);
  switch (schema.type) {
    case "string": {
      const isBounded =
        (schema.maxLength ?? Number.POSITIVE_INFINITY) <= maxCharacters ||
        (schema.pattern !== undefined && isBoundedPattern(schema.pattern));
      return isBounded ? [] : [`${path}: text`];
    }
    case "number":
    case "integer": {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
      const isBounded = minimum > Number.MIN_SAFE_INTEGER && maximum < Number.MAX_SAFE_INTEGER;
      return isBounded ? [] : [`${path}: number`];
    }
    case "array":
      return [
        ...(schema.maxItems === undefined ? [`${path}: list`] : []),
        ...findUnbounded(`${path}[]`, schema.items ?? {}),
      ];
    case "object": {
      const isClosed = schema.additionalProperties === false || isExtended;
      return [...(isClosed ? [] : [`${path}: object`]), ...findInMembers(path, schema)];
    }
    case "boolean":
    case "null":
      return [];
    default:
      return (schema.anyOf ?? schema.oneOf ?? schema.allOf) ? [] : [`${path}: anything`];
  }
}

const findInMembers = (path: string, { properties = {} }: JsonSchema): string[] =>
  Object.entries(properties).flatMap(([name, member]) => findUnbounded(`${path}.${name}`, member));

/** The schemas of requests by their names, from every file of the contract. */
async function readRequestSchemas(): Promise<Record<string, z.ZodType>> {
  const folder = join(import.meta.dirname, "../../../shared/contract");
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const modules = await Promise.all(
    files.map(async (name) => (await import(join(folder, name))) as Record<string, unknown>),
  );
  const exported = modules.flatMap((module) => Object.entries(module));
  const requests = exported.filter(([name]) => /(Request|Query)Schema$/.test(name));
  return { subjectRefSchema, ...(Object.fromEntries(requests) as Record<string, z.ZodType>) };
}

/** A product is checked and picked by its members; a member that it does not have is dropped. */
const picked = new Set(["product.create", "product.create_many", "product.edit"]);

describe("bounds", () => {
  it.each(operations.map((operation) => [operation.name, operation] as const))(
    "everything in the input of %s has a bound",
    (name, { input }) => {
      const unbounded = findUnbounded(name, toJsonSchema(input));
      expect(picked.has(name) ? unbounded.filter((each) => !each.endsWith(": object")) : unbounded).toEqual(
        [],
      );
    },
  );

  it("everything in a request of the runtime API has a bound", async () => {
    const schemas = await readRequestSchemas();
    expect(Object.keys(schemas).toSorted()).toEqual([
      "accessCheckRequestSchema",
      "accessProductsRequestSchema",
      "accessShadowRequestSchema",
      "checkoutRequestSchema",
      "consumeRequestSchema",
      "entitlementListQuerySchema",
      "eventListQuerySchema",
      "portalSessionRequestSchema",
      "productListQuerySchema",
      "recoveryRequestSchema",
      "releaseRequestSchema",
      "reserveRequestSchema",
      "reverseRequestSchema",
      "settleRequestSchema",
      "subjectRefSchema",
    ]);
    const unbounded = Object.entries(schemas).map(([name, schema]) =>
      findUnbounded(name, toJsonSchema(schema)),
    );
    expect(unbounded.flat()).toEqual([]);
  });

  it("everything that is read of a Stripe event's envelope has a bound", () => {
    expect(findUnbounded("Stripe event", toJsonSchema(stripeEventEnvelopeSchema))).toEqual([]);
  });

  it("the walk finds what has no bound", () => {
    const schema = z.strictObject({
      text: z.string(),
      pattern: z.string().regex(/^a+$/),
      open: z.string().regex(/[a-z]{1,5}/),
      number: z.number().min(0),
      whole: z.int(),
      list: z.array(z.enum(["a"])),
      inner: z.object({ ok: z.string().max(5) }).loose(),
      maybe: z.string().nullable(),
    });
    expect(findUnbounded("x", toJsonSchema(schema)).map((each) => each.replace("x.", ""))).toEqual([
      "text: text",
      "pattern: text",
      "open: text",
      "number: number",
      "whole: number",
      "list: list",
      "inner: object",
      "maybe: text",
    ]);
  });
});
