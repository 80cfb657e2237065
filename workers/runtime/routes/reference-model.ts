import type { OpenAPIHono } from "@hono/zod-openapi";

export type OpenApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

/** The OpenAPI document as the reference page shows it: one list of fields per request and reply. */
export interface Operation {
  id: string;
  tag: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  request: Field[];
  reply: { status: string; fields: Field[] };
  errors: { status: string; codes: string[] }[];
}

export interface Field {
  name: string;
  type: string;
  isRequired: boolean;
  meaning: string;
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  description?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

interface JsonContent {
  "application/json"?: { schema?: Schema };
}

interface OpenApiOperation {
  operationId?: string;
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema; description?: string }[];
  requestBody?: { content: JsonContent };
  responses: Record<string, { description: string; content?: JsonContent }>;
}

type Schemas = Record<string, Schema>;

export function listOperations(document: OpenApiDocument): Operation[] {
  const schemas = (document.components?.schemas ?? {}) as Schemas;
  return Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, OpenApiOperation>).map(([method, operation]) =>
      readOperation(method.toUpperCase(), path, operation, schemas),
    ),
  );
}

function readOperation(
  method: string,
  path: string,
  operation: OpenApiOperation,
  schemas: Schemas,
): Operation {
  const responses = Object.entries(operation.responses);
  const reply = responses.find(([status]) => status.startsWith("2"));
  return {
    id: operation.operationId ?? "",
    tag: operation.tags?.[0] ?? "",
    method,
    path,
    summary: operation.summary ?? "",
    description: operation.description ?? "",
    request: [
      ...(operation.parameters ?? []).map((parameter) => ({
        name: parameter.name,
        type: `${describeType(parameter.schema)} (${parameter.in})`,
        isRequired: parameter.required ?? false,
        meaning: parameter.description ?? describeMeaning(parameter.schema),
      })),
      ...listFields(jsonSchema(operation.requestBody?.content), schemas),
    ],
    reply: { status: reply?.[0] ?? "", fields: listFields(jsonSchema(reply?.[1].content), schemas) },
    errors: responses
      .filter(([status]) => !status.startsWith("2"))
      .map(([status, { description }]) => ({
        status,
        codes: [...description.matchAll(/^`(\w+)`:/gm)].map((match) => match[1] ?? ""),
      })),
  };
}

function jsonSchema(content: JsonContent | undefined): Schema {
  return content?.["application/json"]?.schema ?? {};
}

function resolve(schema: Schema, schemas: Schemas): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : (schemas[name] ?? {});
}

/** The fields of an object. Alternatives give the fields of all, required where every one requires it. */
function listFields(reference: Schema, schemas: Schemas): Field[] {
  const schema = resolve(reference, schemas);
  const shapes = (schema.oneOf ?? schema.anyOf ?? [schema]).map((shape) => resolve(shape, schemas));
  const names = new Set(shapes.flatMap((shape) => Object.keys(shape.properties ?? {})));
  return [...names].map((name) => {
    const variants = shapes.map((shape) => shape.properties?.[name]).filter((found) => found !== undefined);
    return {
      name,
      type: [...new Set(variants.map(describeType))].join(" or "),
      isRequired: shapes.every((shape) => shape.required?.includes(name)),
      meaning: [...new Set(variants.map(describeMeaning))].filter((meaning) => meaning !== "").join(" Or: "),
    };
  });
}

function describeType(schema: Schema | undefined): string {
  if (schema === undefined) return "";
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "";
  if (schema.const !== undefined) return String(schema.const);
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined) return alternatives.map(describeType).join(" or ");
  const types = [schema.type ?? "any"].flat();
  return types
    .map((type) => (type === "array" ? `list of ${describeType(schema.items)}` : type))
    .join(" or ");
}

function describeMeaning(schema: Schema | undefined): string {
  // The type of a constant is its value.
  if (schema === undefined || schema.const !== undefined) return schema?.description ?? "";
  const parts = [schema.description ?? ""];
  if (schema.enum !== undefined)
    parts.push(
      `One of ${schema.enum
        .filter((word) => word !== null)
        .map((word) => `\`${word}\``)
        .join(", ")}.`,
    );
  if (schema.format === "uri") parts.push("A URL.");
  if (schema.format === "email") parts.push("An email address.");
  if (schema.minimum !== undefined && schema.maximum !== undefined)
    parts.push(`${schema.minimum.toLocaleString("en")} to ${schema.maximum.toLocaleString("en")}.`);
  return parts.filter((part) => part !== "").join(" ");
}
