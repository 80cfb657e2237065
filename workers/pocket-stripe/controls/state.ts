import { readSettings } from "../settings.ts";
import type { ControlWorld } from "./control.ts";

/** Everything, for people and tests to look into: objects by account and mode and type, oldest first. */
export function readState({ storage, now }: ControlWorld): object {
  const { sql } = storage;
  const scopes: Record<string, Record<string, unknown[]>> = {};
  const rows = sql.exec<{ scope: string; type: string; json: string }>(
    "SELECT scope, type, json FROM objects ORDER BY seq",
  );
  for (const { scope, type, json } of rows) {
    scopes[scope] ??= {};
    const ofScope = scopes[scope];
    ofScope[type] ??= [];
    ofScope[type].push(JSON.parse(json));
  }
  return {
    now,
    settings: readSettings(storage),
    accounts: sql.exec("SELECT id, created FROM accounts ORDER BY id").toArray(),
    objects: scopes,
    webhook_deliveries: sql.exec("SELECT * FROM deliveries ORDER BY seq").toArray(),
    timers: sql.exec("SELECT * FROM timers ORDER BY at, id").toArray(),
    idempotency_keys: sql.exec("SELECT scope, key, path, status, request_id, created FROM replies").toArray(),
  };
}
