import { openApiDocument } from "../openapi.ts";

/** The OpenAPI document as the reference page shows it: one list of fields per request and reply. */
export interface Operation {
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
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema; description?: string }[];
  requestBody?: { content: JsonContent };
  responses: Record<string, { description: string; content?: JsonContent }>;
}

export function operations(): Operation[] {
  return Object.entries(openApiDocument().paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, OpenApiOperation>).map(([method, operation]) =>
      readOperation(method.toUpperCase(), path, operation),
    ),
  );
}

function readOperation(method: string, path: string, operation: OpenApiOperation): Operation {
  const responses = Object.entries(operation.responses);
  const reply = responses.find(([status]) => status.startsWith("2"));
  return {
    method,
    path,
    summary: operation.summary ?? "",
    description: operation.description ?? "",
    request: [
      ...(operation.parameters ?? []).map((parameter) => ({
        name: parameter.name,
        type: `${typeOf(parameter.schema)} (${parameter.in})`,
        isRequired: parameter.required ?? false,
        meaning: parameter.description ?? meaningOf(parameter.schema),
      })),
      ...fieldsOf(schemaOf(operation.requestBody?.content)),
    ],
    reply: { status: reply?.[0] ?? "", fields: fieldsOf(schemaOf(reply?.[1].content)) },
    errors: responses
      .filter(([status]) => !status.startsWith("2"))
      .map(([status, { description }]) => ({
        status,
        codes: [...description.matchAll(/^`(\w+)`:/gm)].map((match) => match[1] ?? ""),
      })),
  };
}

function schemaOf(content: JsonContent | undefined): Schema {
  return resolve(content?.["application/json"]?.schema ?? {});
}

function resolve(schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  const schemas = (openApiDocument().components?.schemas ?? {}) as Record<string, Schema>;
  return name === undefined ? schema : (schemas[name] ?? {});
}

/** The fields of an object; of alternatives, the fields of all, required when every one requires it. */
function fieldsOf(schema: Schema): Field[] {
  const shapes = (schema.oneOf ?? schema.anyOf ?? [schema]).map(resolve);
  const names = new Set(shapes.flatMap((shape) => Object.keys(shape.properties ?? {})));
  return [...names].map((name) => {
    const field = shapes.map((shape) => shape.properties?.[name]).filter((found) => found !== undefined);
    return {
      name,
      type: [...new Set(field.map(typeOf))].join(" or "),
      isRequired: shapes.every((shape) => shape.required?.includes(name)),
      meaning: [...new Set(field.map(meaningOf))].filter((meaning) => meaning !== "").join(" Or: "),
    };
  });
}

function typeOf(schema: Schema | undefined): string {
  if (schema === undefined) return "";
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "";
  if (schema.const !== undefined) return String(schema.const);
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined) return alternatives.map(typeOf).join(" or ");
  const types = [schema.type ?? "any"].flat();
  return types.map((type) => (type === "array" ? `list of ${typeOf(schema.items)}` : type)).join(" or ");
}

function meaningOf(schema: Schema | undefined): string {
  // What has one value only, its type says.
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
  if (schema.format === "email") parts.push("An e-mail address.");
  if (schema.minimum !== undefined && schema.maximum !== undefined)
    parts.push(`${schema.minimum.toLocaleString("en")} to ${schema.maximum.toLocaleString("en")}.`);
  return parts.filter((part) => part !== "").join(" ");
}
