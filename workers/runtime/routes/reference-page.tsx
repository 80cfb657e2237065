import { raw } from "hono/html";
import type { FC } from "hono/jsx";
import { errorCodes } from "../../../shared/contract/error-codes.ts";
import { sha256 } from "../../../shared/kit/hash.ts";
import { openApiDocument } from "../openapi.ts";
import type { RuntimeContext } from "../request-context.ts";
import { referenceStyle } from "./reference-style.ts";

type Operation = {
  method: string;
  path: string;
  summary: string;
  description: string;
  body: string | null;
  parameters: { name: string; in: string; required: boolean; description: string }[];
  responses: { status: string; description: string; schema: string | null }[];
};

const styleHash = btoa(String.fromCharCode(...sha256(referenceStyle)));

/** The reference, made from the OpenAPI document, so that it can't say anything else than what validates. */
export function referencePage(c: RuntimeContext): Response | Promise<Response> {
  c.header("Content-Security-Policy", `default-src 'none'; style-src 'sha256-${styleHash}'`);
  return c.html(<Reference operations={operations()} />);
}

const Reference: FC<{ operations: Operation[] }> = ({ operations: all }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>Licenzy runtime API</title>
      <style>{raw(referenceStyle)}</style>
    </head>
    <body>
      <main>
        <h1>Licenzy runtime API</h1>
        <p>
          JSON in, JSON out. Authenticate with <code>Authorization: Bearer lz_test_…</code> or{" "}
          <code>lz_live_…</code>: the key selects account, project and mode. The machine-readable form is{" "}
          <a href="/v1/openapi.json">/v1/openapi.json</a> (OpenAPI 3.1).
        </p>
        {all.map((operation) => (
          <OperationSection operation={operation} />
        ))}
        <h2 id="errors">Error codes</h2>
        <div class="scroll">
          <table>
            <tr>
              <th scope="col">Status</th>
              <th scope="col">Code</th>
              <th scope="col">Meaning</th>
            </tr>
            {Object.entries(errorCodes).map(([code, { status, meaning }]) => (
              <tr>
                <td>{status}</td>
                <td>
                  <code>{code}</code>
                </td>
                <td>{meaning}</td>
              </tr>
            ))}
          </table>
        </div>
      </main>
    </body>
  </html>
);

const OperationSection: FC<{ operation: Operation }> = ({ operation }) => (
  <section>
    <h2>
      <code class="verb">{operation.method}</code> <code>{operation.path}</code>
    </h2>
    <p>
      <strong>{operation.summary}</strong> {operation.description}
    </p>
    {operation.parameters.length > 0 && (
      <ul>
        {operation.parameters.map((parameter) => (
          <li>
            <code>{parameter.name}</code> ({parameter.in}
            {parameter.required ? ", required" : ""}) {parameter.description}
          </li>
        ))}
      </ul>
    )}
    {operation.body !== null && <pre tabindex={0}>{operation.body}</pre>}
    {operation.responses.map((response) => (
      <details open={response.status.startsWith("2")}>
        <summary>
          <code>{response.status}</code> {response.description}
        </summary>
        {response.schema !== null && response.status.startsWith("2") && (
          <pre tabindex={0}>{response.schema}</pre>
        )}
      </details>
    ))}
  </section>
);

interface JsonContent {
  "application/json"?: { schema?: { $ref?: string } };
}

interface OpenApiOperation {
  summary?: string;
  description?: string;
  parameters?: {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema?: { description?: string };
  }[];
  requestBody?: { content: JsonContent };
  responses: Record<string, { description: string; content?: JsonContent }>;
}

function operations(): Operation[] {
  const { paths, components } = openApiDocument();
  const schemas = (components?.schemas ?? {}) as Record<string, unknown>;
  const schemaText = (content: JsonContent | undefined): string | null => {
    const reference = content?.["application/json"]?.schema?.$ref;
    const name = reference?.split("/").at(-1);
    return name === undefined ? null : JSON.stringify(schemas[name], null, 2);
  };
  return Object.entries(paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, OpenApiOperation>).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      summary: operation.summary ?? "",
      description: operation.description ?? "",
      body: schemaText(operation.requestBody?.content),
      parameters: (operation.parameters ?? []).map((parameter) => ({
        name: parameter.name,
        in: parameter.in,
        required: parameter.required ?? false,
        description: parameter.description ?? parameter.schema?.description ?? "",
      })),
      responses: Object.entries(operation.responses).map(([status, response]) => ({
        status,
        description: response.description,
        schema: schemaText(response.content),
      })),
    })),
  );
}
