import type { JsonSchema, OpenApiDocument } from "../../../scripts/sdk/read-openapi-document.ts";
import { apiTags } from "../../../workers/runtime/http/api-tags.ts";
import {
  type Field,
  listOperations,
  type Operation,
} from "../../../workers/runtime/routes/reference-model.ts";
import type { NavigationPage } from "../../navigation.ts";
import { code, table } from "../text.ts";

type ReferenceDocument = Parameters<typeof listOperations>[0];

export interface ReferencePage extends NavigationPage {
  markdown: string;
}

/** One page per tag of the OpenAPI document. */
export function referencePages(document: OpenApiDocument): ReferencePage[] {
  const operations = listOperations(document as unknown as ReferenceDocument);
  return Object.entries(apiTags).map(([tag, description]) => {
    const own = operations.filter((operation) => operation.tag === tag);
    const sections = own.map((operation) => describeOperation(operation, document));
    return {
      slug: `api/${tag.toLowerCase()}`,
      label: tag,
      markdown: [`# ${tag} API`, description, ...sections].join("\n\n"),
    };
  });
}

/** Every endpoint with a link to its section. */
export function endpointTable(document: OpenApiDocument): string {
  const operations = listOperations(document as unknown as ReferenceDocument);
  return table(
    ["Endpoint", "What it does"],
    operations.map(({ method, path, summary, id, tag }) => [
      `[${code(`${method} ${path}`)}](/docs/api/${tag.toLowerCase()}#${id})`,
      summary,
    ]),
  );
}

function describeOperation(operation: Operation, document: OpenApiDocument): string {
  const { id, method, path, summary, description, request, reply, errors } = operation;
  const raw = document.paths[path]?.[method.toLowerCase()];
  const body = exampleOf(raw?.requestBody?.content["application/json"].schema, document);
  const answer = exampleOf(raw?.responses[reply.status]?.content?.["application/json"].schema, document);
  return [
    `## ${summary} {#${id}}`,
    `\`\`\`http\n${method} ${path}\n\`\`\``,
    description,
    ...(request.length === 0 ? [] : ["**Request**", fieldTable(request)]),
    ...(body === undefined ? [] : [`\`\`\`json\n${body}\n\`\`\``]),
    `**Reply ${reply.status}**`,
    fieldTable(reply.fields),
    ...(answer === undefined ? [] : [`\`\`\`json\n${answer}\n\`\`\``]),
    "**Errors**",
    table(
      ["Status", "Codes"],
      errors.map(({ status, codes }) => [status, codes.map(linkToCode).join(", ")]),
    ),
  ].join("\n\n");
}

const linkToCode = (name: string) => `[${code(name)}](/docs/errors#${name})`;

function fieldTable(fields: Field[]): string {
  return table(
    ["Field", "Type", "Meaning"],
    fields.map(({ name, type, isRequired, meaning }) => [
      `${code(name)}${isRequired ? "" : " (optional)"}`,
      type,
      meaning,
    ]),
  );
}

function exampleOf(schema: JsonSchema | undefined, document: OpenApiDocument): string | undefined {
  const name = schema?.$ref?.split("/").at(-1);
  const resolved = name === undefined ? schema : document.components.schemas[name];
  const example = (resolved as { example?: unknown } | undefined)?.example;
  return example === undefined ? undefined : JSON.stringify(example, null, 2);
}
