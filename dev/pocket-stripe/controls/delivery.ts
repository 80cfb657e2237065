import { z } from "zod";
import { releaseHeld } from "../release.ts";
import { changeSettings, readSettings } from "../settings.ts";
import { type Control, forAccount, readBody } from "./control.ts";

const body = z.strictObject({
  ...forAccount,
  mode: z.enum(["normal", "hold", "late", "drop"]).optional(),
  release: z.enum(["in_order", "reversed", "shuffled"]).optional(),
  seed: z.int().optional(),
  copies: z.int().min(1).max(20).optional(),
});

/** `mode` applies to future events. Held events wait for `release`, whatever the mode. */
export const controlDelivery: Control = ({ storage }, json) => {
  const { account, mode, release, seed = 1, copies = 1 } = readBody(body, json);
  const settings =
    mode === undefined
      ? readSettings(storage, account)
      : changeSettings(storage, { deliveryMode: mode }, account);
  const send =
    release === undefined ? [] : releaseHeld(storage.sql, { account, order: release, seed, copies });
  return { reply: { mode: settings.deliveryMode, released: send.length }, send, settle: true };
};
