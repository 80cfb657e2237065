import { dataByNumber, listDatabases } from "../../../shared/db/databases.ts";
import { hasNewestMigration, newestMigration } from "../../../shared/db/newest-migration.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { DependencyUnavailableError, withTimeout } from "../../../shared/kit/timeout.ts";
import type { RuntimeEnv } from "../env.ts";
import { jsonReply } from "../http/reply.ts";
import type { ApiContext } from "../request-context.ts";
import { timeouts } from "../timeouts.ts";

/**
 * The worker runs. Depends on nothing else. `release` is the tag with which this version was deployed; a worker without
 * one, as in development, does not say it.
 */
export function healthz(c: ApiContext): Response {
  const release = c.env.VERSION.tag;
  return jsonReply(c, { ok: true, ...(release === "" ? {} : { release }) });
}

/**
 * Ready means that every database answers and has the newest migration. While it does not, checkouts and Stripe events fail and are
 * retried; checks, reads and consumes with known keys work without D1. So a 503 here must not take the worker out of service.
 */
export async function readyz(c: ApiContext): Promise<Response> {
  try {
    const isMigrated = await withTimeout("D1", timeouts.readiness, isEachMigrated(c.env));
    if (isMigrated) return jsonReply(c, { ok: true, d1: "ok" });
    log("warn", "readyz.migration_missing", { what: newestMigration });
    return notReady(c, { d1: "migration_missing", missing_migration: newestMigration });
  } catch (error) {
    if (!(error instanceof DependencyUnavailableError)) throw error;
    log("warn", "readyz.d1_unavailable", { error: errorMessage(error.cause) });
    return notReady(c, { d1: "unavailable" });
  }
}

async function isEachMigrated(env: RuntimeEnv): Promise<boolean> {
  const databases = listDatabases(env).map((number) => dataByNumber(env, number));
  return (await Promise.all(databases.map(hasNewestMigration))).every((isMigrated) => isMigrated);
}

function notReady(c: ApiContext, state: { d1: string; missing_migration?: string }): Response {
  return jsonReply(c, { ok: false, ...state }, { status: 503, headers: { "Retry-After": "5" } });
}
