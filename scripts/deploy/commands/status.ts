import { z } from "zod";
import { messageOf, tagOf } from "../account.ts";
import { recallSettings } from "../account-settings.ts";
import type { Context } from "../context.ts";
import { originOf } from "../environment.ts";
import { readMigrations } from "../migrations.ts";
import { nameIn, queues, workers } from "../names.ts";
import { openEnvironment } from "../open-environment.ts";
import { DeployProblem } from "../problem.ts";
import { requiredSecrets } from "../secrets.ts";
import { sql } from "../sql.ts";
import { readJson } from "../verify.ts";
import { configFile } from "../worker-configs.ts";

interface Finding {
  ok: boolean;
  subject: string;
  text: string;
}

/** The cron runs every minute. */
const cronIsLate = 5 * 60;
/** Stripe's signatures are valid for 5 minutes around the worker's clock. */
const clockIsOff = 30;

/**
 * Prints the state of an environment in one screen: what answers, what is deployed, what is missing.
 *
 * @throws DeployProblem if anything needs attention, after it is printed
 */
export async function status(opened: Context): Promise<void> {
  const { databases } = await openEnvironment(opened);
  const context = await recallSettings(opened);
  const { environment, settings, print } = context;
  const names = databases.map(({ name }) => name);
  const findings = [
    ...(await checkOrigin(context)),
    ...(await checkDatabases(context, names)),
    ...(await checkWorkers(context)),
    ...(await checkQueues(context)),
    ...(await checkRows(context, names)),
    { ok: true, subject: "Log level", text: settings.logLevel },
  ];
  print(
    `${environment}: ${originOf(settings)}, ${names.length === 1 ? "database" : "databases"} ${names.join(", ")}`,
  );
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  for (const { ok, subject, text } of findings) print(`${ok ? "✓" : "✗"} ${subject.padEnd(width)}  ${text}`);
  const failed = findings.filter(({ ok }) => !ok).length;
  if (failed > 0)
    throw new DeployProblem(
      `${failed} of ${findings.length} need attention.`,
      `npm run deploy -- --env ${environment} sets what is missing.`,
    );
}

const inMinutes = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

async function checkOrigin(context: Context): Promise<Finding[]> {
  const { settings, fetch } = context;
  const ok = z.object({ ok: z.literal(true) });
  const live = await readJson(context, "/healthz", ok);
  const ready = await readJson(context, "/readyz", z.object({ ok: z.boolean(), d1: z.string() }));
  const origin = originOf(settings);
  const findings: Finding[] = [
    typeof live === "string"
      ? { ok: false, subject: "API", text: `${origin}/healthz: ${live}` }
      : { ok: true, subject: "API", text: `${origin}/v1` },
    typeof ready === "string"
      ? { ok: false, subject: "Readiness", text: ready }
      : { ok: ready.ok, subject: "Readiness", text: `D1 ${ready.d1}` },
  ];
  if (typeof live === "string") return findings;
  // An unsigned event: only Licenzy refuses it in this form. A challenge of Cloudflare, which Stripe can't solve, is HTML.
  const unsigned = await fetch(`${origin}/v1/webhooks/stripe/tenant/con_status`, {
    method: "POST",
    body: "{}",
    signal: AbortSignal.timeout(10_000),
  }).catch((error: Error) => error);
  if (unsigned instanceof Error)
    return [...findings, { ok: false, subject: "Webhook path", text: `no answer: ${unsigned.message}` }];
  const type = unsigned.headers.get("Content-Type") ?? "";
  const reached = unsigned.status < 500 && type.includes("json");
  findings.push({
    ok: reached,
    subject: "Webhook path",
    text: reached ? "Stripe can reach it" : `HTTP ${unsigned.status}, ${type}: is a challenge on for /v1/*?`,
  });
  const date = unsigned.headers.get("Date");
  if (date !== null) {
    const seconds = Math.round((Date.now() - Date.parse(date)) / 1000);
    const text = Math.abs(seconds) <= 1 ? "agrees" : `this machine differs by ${seconds} s`;
    findings.push({ ok: Math.abs(seconds) < clockIsOff, subject: "Clock", text });
  }
  return findings;
}

async function checkDatabases(context: Context, names: string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of names) {
    const { applied, pending } = await readMigrations(context, name);
    const text = pending.length === 0 ? `newest is ${applied.at(-1)}` : `lacks ${pending.join(", ")}`;
    const subject = names.length === 1 ? "Migrations" : `Migrations of ${name}`;
    findings.push({ ok: pending.length === 0, subject, text });
  }
  return findings;
}

async function checkWorkers({ account, environment }: Context): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const worker of workers) {
    const name = nameIn(environment, worker);
    const { current, since } = await account.readVersions(name);
    const secrets = (await account.listSecrets(name)) ?? [];
    const missing = requiredSecrets[worker].filter((secret) => !secrets.includes(secret));
    const deployed = since !== undefined && tagOf(current) !== undefined;
    const text = deployed
      ? `${tagOf(current)}, ${messageOf(current)}, since ${inMinutes(Date.parse(since))}`
      : "not deployed, or its version is split";
    const lacking = missing.length === 0 ? "" : `; lacks ${missing.join(", ")}`;
    findings.push({ ok: deployed && missing.length === 0, subject: name, text: text + lacking });
  }
  return findings;
}

async function checkQueues({ account, environment }: Context): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const queue of queues) {
    const name = nameIn(environment, queue);
    const found = await account.findQueue(name);
    const isDead = queue.endsWith("-dead");
    if (found === undefined) findings.push({ ok: false, subject: name, text: "missing" });
    else if (isDead) findings.push({ ok: true, subject: name, text: "exists" });
    else if (found.consumers === null)
      findings.push({ ok: false, subject: name, text: "wrangler does not say whether it is consumed" });
    else
      findings.push({
        ok: found.consumers > 0,
        subject: name,
        text: found.consumers > 0 ? "is consumed" : "has no consumer: deploy again",
      });
  }
  return findings;
}

/** What D1 knows: whether the cron runs, and when Stripe's events came. */
async function checkRows({ account, environment }: Context, names: string[]): Promise<Finding[]> {
  const config = configFile(environment, "licenzy-runtime");
  const read = async (sql: string) => {
    const rows: Record<string, unknown>[] = [];
    for (const name of names) rows.push(...(await account.query(config, name, sql)));
    return rows;
  };
  const ages = (await read(sql.lastEvaluation)).flatMap(({ age }) => (age === null ? [] : Number(age)));
  const events = await read(sql.newestEvents);
  // A database without a project has no evaluation.
  return [
    cronFinding(ages.length === 0 ? null : Math.max(...ages)),
    ...["test", "live"].flatMap((mode) => stripeFindings(mode, events)),
  ];
}

function cronFinding(age: unknown): Finding {
  if (age === null || age === undefined)
    return { ok: true, subject: "Cron", text: "not known: there is no project yet" };
  return { ok: Number(age) < cronIsLate, subject: "Cron", text: `ran ${String(age)} s ago` };
}

function stripeFindings(mode: string, events: Record<string, unknown>[]): Finding[] {
  const rows = events.filter((row) => row["mode"] === mode);
  if (rows.length === 0) return [];
  const subject = `Stripe, ${mode}`;
  const byWebhook = rows.find((row) => row["found_by"] === "webhook");
  if (byWebhook === undefined)
    return [{ ok: false, subject, text: "events come only by the sweep: check the webhook in the portal" }];
  return [{ ok: true, subject, text: `last event by webhook ${inMinutes(Number(byWebhook["at"]))}` }];
}
