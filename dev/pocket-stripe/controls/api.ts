import { z } from "zod";
import { changeSettings, failureStatuses } from "../settings.ts";
import { type Control, forAccount, readBody } from "./control.ts";

const body = z.strictObject({
  ...forAccount,
  next: z.int().min(0).max(1_000_000),
  fail: z.union([
    z.strictObject({ status: z.union(failureStatuses.map((status) => z.literal(status))) }),
    z.enum(["hang", "reset"]),
  ]),
  lost: z.boolean().optional(),
  path: z.string().startsWith("/v1/").optional(),
});

/** Sets the failure of the next API calls. `next: 0` clears it. */
export const controlApi: Control = ({ storage }, json) => {
  const { account, next, fail, lost = false, path = "/v1/" } = readBody(body, json);
  const failure = next === 0 ? null : { next, fail, lost, path };
  changeSettings(storage, { apiFailure: failure }, account);
  return { reply: { failure } };
};
