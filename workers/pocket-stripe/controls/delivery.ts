import { z } from "zod";
import { releaseHeld } from "../release.ts";
import { changeSettings, readSettings } from "../settings.ts";
import { type Control, readBody } from "./control.ts";

const body = z.strictObject({
  mode: z.enum(["normal", "hold", "drop"]).optional(),
  release: z.enum(["in_order", "reversed", "shuffled"]).optional(),
  seed: z.int().optional(),
  copies: z.int().min(1).max(20).optional(),
});

/** `mode` is for events to come; what is held waits for `release`, whatever the mode. */
export const controlDelivery: Control = ({ storage }, json) => {
  const { mode, release, seed, copies } = readBody(body, json);
  const { deliveryMode } =
    mode === undefined ? readSettings(storage) : changeSettings(storage, { deliveryMode: mode });
  const send =
    release === undefined
      ? []
      : releaseHeld(storage.sql, { order: release, seed: seed ?? 1, copies: copies ?? 1 });
  return { reply: { mode: deliveryMode, released: send.length }, send };
};
