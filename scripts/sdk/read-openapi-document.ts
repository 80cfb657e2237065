import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");

/** Stands in for the platform's module: the document needs no object and no entrypoint. */
const platformStub = `
export class DurableObject {}
export class WorkerEntrypoint {}
export const waitUntil = () => {};
`;

/** Returns the OpenAPI document as the runtime worker serves it, without a stack. */
export async function readOpenApiDocument(): Promise<OpenApiDocument> {
  const folder = await mkdtemp(join(tmpdir(), "licenzy-openapi-"));
  try {
    const outfile = join(folder, "app.mjs");
    await build({
      absWorkingDir: root,
      entryPoints: ["workers/runtime/app.ts"],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      jsx: "automatic",
      jsxImportSource: "hono/jsx",
      logLevel: "silent",
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
      plugins: [
        {
          name: "platform",
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^cloudflare:workers$/ }, ({ path }) => ({ path, namespace: "platform" }));
            onLoad({ filter: /./, namespace: "platform" }, () => ({ contents: platformStub }));
          },
        },
      ],
    });
    const { app } = (await import(pathToFileURL(outfile).href)) as {
      app: { request: (url: string, init: object, env: object) => Promise<Response> };
    };
    const response = await app.request("https://licenzy.test/v1/openapi.json", {}, { DB: {} });
    if (!response.ok) throw new Error(`openapi.json: ${response.status} ${await response.text()}`);
    return (await response.json()) as OpenApiDocument;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The parts of the document that are read here. */
export interface OpenApiDocument {
  paths: Record<string, Record<string, OpenApiOperation>>;
  webhooks: Record<string, { post: OpenApiOperation }>;
  components: { schemas: Record<string, JsonSchema> };
}

export interface OpenApiOperation {
  operationId: string;
  requestBody?: { content: { "application/json": { schema: JsonSchema } } };
  responses: Record<
    string,
    { headers?: Record<string, unknown>; content?: { "application/json": { schema: JsonSchema } } }
  >;
}

export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
  items?: JsonSchema;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  default?: unknown;
}
