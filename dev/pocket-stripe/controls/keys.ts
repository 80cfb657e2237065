import { z } from "zod";
import { changeSettings, readSettings } from "../settings.ts";
import { type Control, readBody } from "./control.ts";

const body = z.strictObject({
  key: z.string().regex(/^rk_(test|live)_[A-Za-z0-9]{8,}$/),
  missing: z.array(z.string().regex(/^rak_[a-z_]+_(read|write)$/)),
});

/** Sets the permissions that a restricted key lacks. By default, it has all permissions. */
export const controlKeys: Control = ({ storage }, json) => {
  const { key, missing } = readBody(body, json);
  const { missingPermissions } = readSettings(storage);
  changeSettings(storage, { missingPermissions: { ...missingPermissions, [key]: missing } });
  return { reply: { key, missing } };
};
