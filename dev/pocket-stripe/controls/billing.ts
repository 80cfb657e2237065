import { z } from "zod";
import { scopeName } from "../scope.ts";
import { accountId, type Control, readBody } from "./control.ts";

const body = z.strictObject({ account: accountId, stop: z.literal(true) });

/**
 * Stops what happens by time in an account: renewals, retries, expiries of sessions. For an account that a finished test
 * leaves behind, so that advancing the clock does not bill its customers.
 */
export const controlBilling: Control = ({ storage }, json) => {
  const { account } = readBody(body, json);
  const scopes = [false, true].map((livemode) => scopeName({ accountId: account, livemode }));
  const stopped = storage.sql
    .exec("DELETE FROM timers WHERE scope IN (?, ?) RETURNING id", ...scopes)
    .toArray();
  return { reply: { stopped: stopped.length } };
};
