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
  /** Deliveries to send now, in addition to those that the control caused. */
  send?: number[];
  /** Waits for all running deliveries before replying, including those of other requests. */
  settle?: true;
}

export type Control = (world: ControlWorld, body: unknown, id: string) => ControlResult;

export const accountId = z.string().regex(/^acct_[A-Za-z0-9]{8,}$/);

/** Body field of controls that can apply to one account. Other accounts are unaffected. */
export const forAccount = { account: accountId.optional() };

/** As Stripe writes currencies in objects. */
export const currencyCode = z.string().regex(/^[a-z]{3}$/, "A currency has three lower-case letters");

/**
 * Parses the body of a control. Rejects unknown members, since a misspelled control would make a test prove
 * nothing.
 */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  const [issue] = error.issues;
  throw invalidRequest(issue?.message ?? "The body is not what this control takes", {
    param: issue?.path.join(".") ?? "",
  });
}

/** Opens the context of the scope that owns the object `id`. Ids are unique across scopes. */
export function openObjectContext(
  { storage, publicOrigin, now }: ControlWorld,
  type: string,
  id: string,
): Context {
  const [row] = storage.sql
    .exec<{ scope: string }>("SELECT scope FROM objects WHERE id = ? AND type = ?", id, type)
    .toArray();
  if (row === undefined) throw noSuchObject(type, id);
  return openContext(storage, publicOrigin, parseScope(row.scope), now);
}
