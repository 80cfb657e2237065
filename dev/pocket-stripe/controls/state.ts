import { readSettings } from "../settings.ts";
import type { ControlWorld } from "./control.ts";

/**
 * Returns the stored state, of all accounts or of one. Objects are grouped by scope and type, oldest first.
 */
export function readState({ storage, now }: ControlWorld, account: string | undefined): object {
  const { sql } = storage;
  const scopeGlob = `${account ?? "*"}/*`;
  const scopes: Record<string, Record<string, unknown[]>> = {};
  const rows = sql.exec<{ scope: string; type: string; json: string }>(
    "SELECT scope, type, json FROM objects WHERE scope GLOB ? ORDER BY seq",
    scopeGlob,
  );
  for (const { scope, type, json } of rows) {
    scopes[scope] ??= {};
    const scopeObjects = scopes[scope];
    scopeObjects[type] ??= [];
    scopeObjects[type].push(JSON.parse(json));
  }
  const all = (columns: string, table: string, order: string) =>
    sql.exec(`SELECT ${columns} FROM ${table} WHERE scope GLOB ? ORDER BY ${order}`, scopeGlob).toArray();
  return {
    now,
    settings: readSettings(storage, account),
    accounts: sql
      .exec("SELECT id, created FROM accounts WHERE id GLOB ? ORDER BY id", account ?? "*")
      .toArray(),
    objects: scopes,
    webhook_deliveries: all("*", "deliveries", "seq"),
    timers: all("*", "timers", "at, id"),
    idempotency_keys: all("scope, key, path, status, request_id, created", "replies", "created, key"),
  };
}
