import { html, raw } from "hono/html";
import type { Child, FC } from "hono/jsx";
import { errorCodes } from "../../../shared/contract/error-codes.ts";
import { sha256 } from "../../../shared/kit/hash.ts";
import { commonHeaders } from "../http/reply.ts";
import type { ApiContext } from "../request-context.ts";
import { type Field, listOperations, type OpenApiDocument, type Operation } from "./reference-model.ts";
import { referenceStyle } from "./reference-style.ts";

const styleHash = btoa(String.fromCharCode(...sha256(referenceStyle)));

/** Renders the reference from the OpenAPI document, so that it agrees with what validates requests. */
export async function referencePage(c: ApiContext, document: OpenApiDocument): Promise<Response> {
  const page = await html`<!doctype html>${<Reference operations={listOperations(document)} />}`;
  return new Response(page.toString(), {
    headers: {
      ...commonHeaders,
      "Content-Type": "text/html; charset=UTF-8",
      "Request-Id": c.get("requestId"),
      "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    },
  });
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
          <code>lz_live_…</code>: the key selects account, project and mode. Every reply carries{" "}
          <code>Request-Id</code>, every decision <code>Licenzy-Decision</code>. A field of a body or a query
          parameter that is not listed here is refused. The machine-readable form is{" "}
          <a href="/v1/openapi.json">/v1/openapi.json</a> (OpenAPI 3.1).
        </p>
        {all.map((operation) => (
          <OperationSection operation={operation} />
        ))}
        <h2 id="errors">Error codes</h2>
        <p>
          An error reply is <code>{'{ "error", "message", "request_id", "docs_url" }'}</code>, with{" "}
          <code>details</code> for an invalid request.
        </p>
        <Table heads={["Status", "Code", "Meaning"]}>
          {Object.entries(errorCodes).map(([code, { status, meaning }]) => (
            <tr id={code}>
              <td>{status}</td>
              <td>
                <code>{code}</code>
              </td>
              <td>{withCode(meaning)}</td>
            </tr>
          ))}
        </Table>
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
      <strong>{operation.summary}</strong> {withCode(operation.description)}
    </p>
    {operation.request.length > 0 && <Fields title="Request" fields={operation.request} />}
    <Fields title={`Reply ${operation.reply.status}`} fields={operation.reply.fields} />
    <details>
      <summary>Errors</summary>
      <Table heads={["Status", "Codes"]}>
        {operation.errors.map(({ status, codes }) => (
          <tr>
            <td>{status}</td>
            <td>
              {codes.map((code) => (
                <>
                  <code>{code}</code>{" "}
                </>
              ))}
            </td>
          </tr>
        ))}
      </Table>
    </details>
  </section>
);

const Fields: FC<{ title: string; fields: Field[] }> = ({ title, fields }) => (
  <>
    <h3>{title}</h3>
    <Table heads={["Field", "Type", "Meaning"]}>
      {fields.map((field) => (
        <tr>
          <td>
            <code>{field.name}</code>
            {field.isRequired ? "" : " (optional)"}
          </td>
          <td>{field.type}</td>
          <td>{withCode(field.meaning)}</td>
        </tr>
      ))}
    </Table>
  </>
);

const Table: FC<{ heads: string[]; children?: Child }> = ({ heads, children }) => (
  // The table scrolls on narrow screens, so it must be focusable by keyboard.
  <section class="scroll" tabindex={0} aria-label={heads.join(", ")}>
    <table>
      <thead>
        <tr>
          {heads.map((head) => (
            <th scope="col">{head}</th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </section>
);

/** Renders text in backticks as code. */
function withCode(text: string) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part));
}
