import { createConfig, lintFromString } from "@redocly/openapi-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type OpenApiDocument,
  type OpenApiOperation,
  readOpenApiDocument,
} from "../../../scripts/sdk/read-openapi-document.ts";
import { errorCodes } from "../../../shared/contract/error-codes.ts";
import { outboundEventTypes } from "../../../shared/contract/outbound-event.ts";

let document: OpenApiDocument;
let operations: OpenApiOperation[];
beforeAll(async () => {
  document = await readOpenApiDocument();
  operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
}, 60_000);

/** Returns one line per problem that Redocly's recommended rules find, errors and warnings alike. */
async function lint(source: object): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lintFromString({
    source: JSON.stringify(source),
    absoluteRef: "/openapi.json",
    config,
  });
  return problems.map(
    ({ severity, ruleId, location }) => `${severity} ${ruleId} ${location[0]?.pointer ?? ""}`,
  );
}

describe("OpenAPI document", () => {
  it("the document is clean by Redocly's recommended rules, which report a missing operationId and summary", async () => {
    expect(await lint(document)).toEqual([]);
    const [path = ""] = Object.keys(document.paths);
    const { operationId: _, ...broken } = document.paths[path]?.["post"] ?? { operationId: "" };
    const problems = await lint({
      ...document,
      paths: { [path]: { post: { ...broken, summary: undefined } } },
    });
    expect(problems.map((problem) => problem.split(" ").slice(0, 2).join(" "))).toEqual(
      expect.arrayContaining(["error operation-summary", "warn operation-operationId"]),
    );
  });

  it("every reply has the request's id, and the limits and delays where they belong", () => {
    expect(operations.length).toBeGreaterThan(10);
    for (const { operationId, responses } of operations)
      for (const [status, { headers = {} }] of Object.entries(responses)) {
        const names = Object.keys(headers);
        expect(names, `${operationId} ${status}`).toContain("Request-Id");
        if (status === "429")
          expect(names).toEqual(expect.arrayContaining(["Retry-After", "RateLimit", "RateLimit-Policy"]));
        if (status === "503") expect(names).toContain("Retry-After");
      }
  });

  it("every error response names exactly the codes of its status", () => {
    for (const { operationId, responses } of operations)
      for (const [status, response] of Object.entries(responses).filter(([status]) => status >= "400")) {
        const codes = response.content?.["application/json"].schema.properties?.["error"]
          ?.enum as (keyof typeof errorCodes)[];
        expect(codes.length, `${operationId} ${status}`).toBeGreaterThan(0);
        for (const code of codes) expect(errorCodes[code].status).toBe(Number(status));
      }
  });

  it("every event type is a webhook with its own schema, and every endpoint has examples", () => {
    expect(Object.keys(document.webhooks).toSorted()).toEqual(
      [...outboundEventTypes, "endpoint.test"].toSorted(),
    );
    const references = Object.values(document.webhooks).map(
      ({ post }) => post.requestBody?.content["application/json"].schema.$ref,
    );
    expect(new Set(references).size).toBe(outboundEventTypes.length + 1);
    const schemas = Object.entries(document.components.schemas).filter(
      ([name]) => !/Event(Data)?$/.test(name),
    );
    expect(schemas.filter(([, schema]) => !("example" in schema)).map(([name]) => name)).toEqual([]);
  });
});
