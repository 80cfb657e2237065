import { z } from "zod";
import { type Context, openContext } from "../context.ts";
import { invalidRequest, noSuchObject } from "../errors.ts";
import { parseScope } from "../scope.ts";

export interface ControlWorld {
  storage: DurableObjectStorage;
  publicOrigin: string;
  /** Seconds since 1970, virtual clock. */
  now: number;
}

export interface ControlResult {
  reply: object;
  /** Deliveries to send now, besides those that the control caused. */
  send?: number[];
  /** Reply only when all deliveries under way were tried, also those that somebody else caused. */
  settle?: true;
}

export type Control = (world: ControlWorld, body: unknown, id: string) => ControlResult;

/** Of the controls that can be meant for one account; the others go on as they were. */
export const forAccount = {
  account: z
    .string()
    .regex(/^acct_[A-Za-z0-9]{8,}$/)
    .optional(),
};

/** Unknown members are refused, because a control that is misspelt would make a test prove nothing. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  const [issue] = error.issues;
  throw invalidRequest(issue?.message ?? "The body is not what this control takes", {
    param: issue?.path.join(".") ?? "",
  });
}

/** As the account and mode that has the object `id`: ids are unique over all of them. */
export function contextOf({ storage, publicOrigin, now }: ControlWorld, type: string, id: string): Context {
  const [row] = storage.sql
    .exec<{ scope: string }>("SELECT scope FROM objects WHERE id = ? AND type = ?", id, type)
    .toArray();
  if (row === undefined) throw noSuchObject(type, id);
  return openContext(storage, publicOrigin, parseScope(row.scope), now);
}
