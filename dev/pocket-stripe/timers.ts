import type { Context } from "./context.ts";
import { scopeName } from "./scope.ts";
import type { ObjectName } from "./wire.ts";

/** Sets the timer of an object to `at` (seconds, virtual clock), replacing an earlier one. */
export function setTimer(context: Context, type: ObjectName, id: string, at: number): void {
  context.storage.sql.exec(
    "INSERT OR REPLACE INTO timers (scope, id, type, at) VALUES (?, ?, ?, ?)",
    scopeName(context.scope),
    id,
    type,
    at,
  );
}

export function clearTimer(context: Context, id: string): void {
  context.storage.sql.exec("DELETE FROM timers WHERE scope = ? AND id = ?", scopeName(context.scope), id);
}

export interface Timer extends Record<string, SqlStorageValue> {
  scope: string;
  id: string;
  type: string;
  at: number;
}

/** Returns the earliest timer of any account. */
export function nextTimer(sql: SqlStorage): Timer | undefined {
  return sql.exec<Timer>("SELECT scope, id, type, at FROM timers ORDER BY at, id LIMIT 1").toArray()[0];
}
