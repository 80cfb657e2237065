import { z } from "zod";
import type { Context } from "./context.ts";
import { originOf } from "./environment.ts";
import { DeployProblem } from "./problem.ts";
import type { Release } from "./release.ts";

const health = z.object({ ok: z.boolean(), release: z.string().optional() });
const readiness = z.object({ ok: z.boolean(), d1: z.string(), missing_migration: z.string().optional() });

/** A new custom domain gets its certificate within minutes. */
const patience = { tries: 30, pauseMs: 10_000 };

/**
 * Waits until the domain serves this release and its database is ready.
 *
 * @throws DeployProblem after 5 minutes
 */
export async function waitForRelease(context: Context, { tag }: Pick<Release, "tag">): Promise<void> {
  const { settings, environment, print, sleep } = context;
  let state = "";
  for (let tries = 0; tries < patience.tries; tries++) {
    const now = await readState(context, tag);
    if (now === "ready") return print(`= ${originOf(settings)} serves ${tag}`);
    if (now !== state) print(`… ${now}`);
    state = now;
    await sleep(patience.pauseMs);
  }
  throw new DeployProblem(
    `Everything is deployed, but after 5 minutes ${state}.`,
    `A new domain may need longer for its certificate. Look again with npm run deploy -- status --env ${environment}`,
  );
}

async function readState(context: Context, tag: string): Promise<string> {
  const { settings } = context;
  const live = await readJson(context, "/healthz", health);
  if (typeof live === "string") return `${settings.domain} does not answer yet (${live})`;
  if (live.release !== tag) return `${settings.domain} serves ${live.release ?? "another release"}`;
  const ready = await readJson(context, "/readyz", readiness);
  if (typeof ready === "string") return `the database is not ready (${ready})`;
  if (ready.ok) return "ready";
  return ready.missing_migration === undefined
    ? `the database is ${ready.d1}`
    : `the database lacks the migration ${ready.missing_migration}`;
}

/** Returns the parsed reply, or a few words about why there is none. */
export async function readJson<T>(
  { fetch, settings }: Pick<Context, "fetch" | "settings">,
  path: string,
  schema: z.ZodType<T>,
): Promise<T | string> {
  try {
    const response = await fetch(originOf(settings) + path, { signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    const parsed = schema.safeParse(text.startsWith("{") ? JSON.parse(text) : undefined);
    return parsed.success ? parsed.data : `HTTP ${response.status}, not Licenzy's reply`;
  } catch (error) {
    const { cause } = error as Error & { cause?: { code?: string } };
    return cause?.code ?? (error as Error).message;
  }
}
