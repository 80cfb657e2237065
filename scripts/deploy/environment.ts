import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, relative, resolve } from "node:path";
import { z } from "zod";
import { rootDir } from "../../dev/stack/paths.ts";
import { writePrivateFile } from "../../dev/stack/secrets.ts";
import { parseJson } from "./parse-json.ts";
import { DeployProblem } from "./problem.ts";

/** Contains one folder per environment. Git ignores it; a test sets the variable to a temporary folder. */
const environmentsDir = () => resolve(process.env["LICENZY_DEPLOY_DIR"] || join(rootDir, ".deploy"));

export const locations = ["weur", "eeur", "wnam", "enam", "apac", "oc"] as const;

const settingsSchema = z.object({
  /** The host name of API and portal. */
  domain: z.string(),
  /** The zone of the account that contains the domain. */
  zone: z.string(),
  /** Where D1 keeps the database: near most of the customers. Used once, when it is created. */
  location: z.enum(locations),
  /** How many databases hold projects' data. An environment of an older release has one. */
  databases: z.number().int().min(1).max(100).default(1),
  /** The folder that keeps a copy of the secrets. CI has none. */
  secrets: z.string().nullable(),
  /** The sender of mails, or null: no mail. */
  mailFrom: z.string().nullable(),
  /** Whether metrics are written to Analytics Engine. */
  metrics: z.boolean(),
  logLevel: z.enum(["info", "warn", "error"]),
  /** The share of the lines of answered requests that is written. An environment of an older release lacks it. */
  logShare: z.number().min(0).max(1).default(0.1),
});

/** What the account remembers of them. */
export const sharedSettingsSchema = settingsSchema.omit({ secrets: true });

/** What an operator decides about an environment. No secret is among it. */
export type Settings = z.infer<typeof settingsSchema>;

export const environmentFolder = (name: string): string => join(environmentsDir(), name);
const settingsFile = (name: string) => join(environmentFolder(name), "settings.json");

const defaults = {
  location: "weur",
  databases: 1,
  secrets: null,
  mailFrom: null,
  metrics: false,
  logLevel: "info",
  logShare: 0.1,
} as const;

/**
 * Returns the settings of an environment: what was given before, then what is given now.
 *
 * @throws DeployProblem if the domain is missing or malformed, or secrets would be kept in the checkout
 */
export async function readSettings(name: string, given: Partial<Settings>): Promise<Settings> {
  const known = await readKnown(name);
  const merged = { ...defaults, ...known, ...given };
  if (merged.domain === undefined)
    throw new DeployProblem(
      "The domain is missing.",
      "Add --domain licenzy.example.com, a host name that nothing uses yet, in a zone of the account.",
    );
  const domain = merged.domain.toLowerCase();
  if (!/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(domain))
    throw new DeployProblem(
      `${JSON.stringify(merged.domain)} is no host name.`,
      "Write it without https:// and path, for example licenzy.example.com.",
    );
  const zone = (merged.zone ?? domain.split(".").slice(-2).join(".")).toLowerCase();
  if (domain !== zone && !domain.endsWith(`.${zone}`))
    throw new DeployProblem(
      `The domain ${domain} is not in the zone ${zone}.`,
      "Correct --zone: it is the name that the account lists under Websites.",
    );
  return {
    ...merged,
    domain,
    zone,
    secrets: merged.secrets === null ? null : outsideCheckout(merged.secrets),
  };
}

async function readKnown(name: string): Promise<Partial<Settings>> {
  const file = settingsFile(name);
  if (!existsSync(file)) return {};
  const parsed = settingsSchema.safeParse(parseJson(await readFile(file, "utf8")));
  if (parsed.success) return parsed.data;
  throw new DeployProblem(
    `${file} is not readable: ${z.prettifyError(parsed.error).replaceAll("\n", " ")}`,
    "Correct the file, or delete it and give --domain and --secrets again. Nothing on the account is lost.",
  );
}

function outsideCheckout(folder: string): string {
  const path = resolve(folder.replace(/^~(?=$|\/)/, homedir()));
  if (relative(rootDir, path).startsWith("..")) return path;
  throw new DeployProblem(
    `${path} is inside of the checkout, where secrets could be committed.`,
    "Choose a folder elsewhere, for example --secrets ~/licenzy-secrets.",
  );
}

export async function writeSettings(name: string, settings: Settings): Promise<void> {
  await writePrivateFile(settingsFile(name), JSON.stringify(settings, null, 2));
}

export const originOf = ({ domain }: Pick<Settings, "domain">): string => `https://${domain}`;
