import { z } from "zod";
import { changeSettings, readSettings } from "../settings.ts";
import { type Control, forAccount, readBody } from "./control.ts";

const body = z.strictObject({
  ...forAccount,
  retry_days: z.array(z.int().min(1).max(60)).max(8).optional(),
  afterwards: z.enum(["canceled", "unpaid"]).optional(),
});

/** Sets when a failed renewal is retried, and the status of the subscription after the last attempt. */
export const controlDunning: Control = ({ storage }, json) => {
  const { account, retry_days, afterwards } = readBody(body, json);
  const before = readSettings(storage, account).dunning;
  const dunning = {
    retryDays: retry_days ?? before.retryDays,
    afterwards: afterwards ?? before.afterwards,
  };
  changeSettings(storage, { dunning }, account);
  return { reply: { retry_days: dunning.retryDays, afterwards: dunning.afterwards } };
};
