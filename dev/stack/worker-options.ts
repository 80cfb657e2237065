import { readdirSync } from "node:fs";
import { extname, join } from "node:path";
import type { DeclaredOptions, WorkerBundle } from "./build.ts";
import type { WorkerName } from "./paths.ts";
import { host } from "./ports.ts";
import type { StackSecrets } from "./secrets.ts";

export interface WorkerOptionsInput {
  bundles: WorkerBundle[];
  origin: string;
  gatewayPort: number;
  directSockets: boolean;
  realStripe: boolean;
  secrets: StackSecrets;
}

/** What Miniflare is given for one worker. */
export interface StackWorkerOptions extends DeclaredOptions {
  name: WorkerName;
  modulesRoot: string;
  modules: Module[];
}

interface Module {
  type: "ESModule" | "CompiledWasm" | "Text" | "Data";
  path: string;
}

interface Additions {
  serviceBindings?: Record<string, { name: WorkerName; entrypoint?: string }>;
  bindings?: Record<string, string>;
}

const dev = { DEV: { name: "licenzy-dev-gateway", entrypoint: "Dev" } } as const;

/** The deployable options of every worker, plus what only development has. Nothing else adds a binding. */
export function workerOptions(input: WorkerOptionsInput): StackWorkerOptions[] {
  const { bundles, gatewayPort, directSockets } = input;
  const additions = developmentAdditions(input);
  return bundles.map(({ name, dir, options }): StackWorkerOptions => {
    const { modulesRules: _, ...declared } = options;
    const added = additions[name];
    const port = name === "licenzy-dev-gateway" ? gatewayPort : directSockets ? 0 : undefined;
    return {
      ...declared,
      name,
      // Modules are listed, not searched: wrangler has bundled already, and parsing megabytes again takes time.
      modulesRoot: dir,
      modules: listModules(dir),
      bindings: { ...declared.bindings, ...added.bindings },
      serviceBindings: { ...declared.serviceBindings, ...added.serviceBindings },
      ...(port === undefined ? {} : { unsafeDirectSockets: [{ host, port }] }),
    };
  });
}

function developmentAdditions({
  origin,
  realStripe,
  secrets,
}: WorkerOptionsInput): Record<WorkerName, Additions> {
  // Quiet, unless `LOG_LEVEL=info npm start` asks for a line per request.
  const logLevel = { LOG_LEVEL: process.env["LOG_LEVEL"] || "warn" };
  const gateway = { GATEWAY: { name: "licenzy-dev-gateway" } } as const;
  return {
    "licenzy-dev-gateway": {
      bindings: { PUBLIC_ORIGIN: origin, ...(realStripe ? { REAL_STRIPE: "true" } : {}) },
    },
    "licenzy-runtime": {
      serviceBindings: dev,
      bindings: {
        ...logLevel,
        PUBLIC_ORIGIN: origin,
        STRIPE_WRAPPING_KEYS: JSON.stringify(secrets.stripeWrappingKeys),
      },
    },
    "licenzy-portal": {
      serviceBindings: { ...dev, MAIL: { name: "licenzy-dev-gateway", entrypoint: "Mailbox" } },
      bindings: {
        ...logLevel,
        PUBLIC_ORIGIN: origin,
        MAIL_FROM: "licenzy@mail.example",
        SIGN_IN_SECRET: secrets.signInSecret,
        SETUP_TOKEN: secrets.setupToken,
      },
    },
    "licenzy-deliveries": {
      serviceBindings: dev,
      bindings: {
        ...logLevel,
        PUBLIC_ORIGIN: origin,
        WEBHOOK_WRAPPING_KEYS: JSON.stringify(secrets.webhookWrappingKeys),
      },
    },
    "licenzy-pocket-stripe": { serviceBindings: { ...dev, ...gateway }, bindings: { PUBLIC_ORIGIN: origin } },
  };
}

const moduleTypes: Record<string, Module["type"]> = {
  ".js": "ESModule",
  ".mjs": "ESModule",
  ".wasm": "CompiledWasm",
  ".txt": "Text",
  ".css": "Text",
  ".html": "Text",
  ".sql": "Text",
  ".bin": "Data",
};

/** The entry first. wrangler also leaves a README and source maps, which are not uploaded. */
function listModules(dir: string): Module[] {
  const files = readdirSync(dir)
    .filter((file) => file !== "README.md" && !file.endsWith(".map"))
    .sort((a, b) => Number(b === "index.js") - Number(a === "index.js"));
  return files.map((file) => {
    const type = moduleTypes[extname(file)];
    if (type === undefined) throw new Error(`${join(dir, file)}: no module type for this kind of file`);
    return { type, path: join(dir, file) };
  });
}
