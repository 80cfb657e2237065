import { symmetricDecrypt, symmetricEncrypt } from "better-auth/crypto";
import {
  readSecondFactor,
  replaceBackupCodes,
  takeTimeStep,
  turnOnSecondFactor,
} from "../db/second-factors.ts";
import { getOrigin, type PortalContext } from "../request-context.ts";
import { buildSignInEntry, type Identity } from "./sign-in-audit.ts";
import { createSignInService } from "./sign-in-service.ts";
import { findTimeStep } from "./totp.ts";

/**
 * The second factor's codes. better-auth creates and seals the secret and the backup codes; it does not count
 * a time step once, so the codes are verified here. Only check-credential.ts calls this, within its limits.
 */

export type CodeKind = "code" | "backup code";

const appCode = /^\d{6}$/;

/**
 * Verifies a code and uses it up: a time step or a backup code is accepted once, by whichever request is
 * first.
 */
export async function useCode(c: PortalContext, who: Identity, typed: string): Promise<CodeKind | null> {
  const code = typed.replaceAll(" ", "");
  const factor = await readSecondFactor(c.env.DB, who.operatorId);
  if (factor === null || factor.verified === false) return null;
  if (!appCode.test(code))
    return (await useBackupCode(c, who, factor.backupCodes, code)) ? "backup code" : null;
  const step = findTimeStep(await open(c, factor.secret), code, Date.now());
  if (step === null || !(await takeTimeStep(c.env.DB, who.operatorId, step))) return null;
  return "code";
}

async function useBackupCode(
  c: PortalContext,
  who: Identity,
  sealed: string,
  code: string,
): Promise<boolean> {
  const codes = JSON.parse(await open(c, sealed)) as string[];
  const left = codes.filter((candidate) => candidate !== code);
  if (left.length === codes.length) return false;
  const audit = buildSignInEntry(c, who, "operator.use_backup_code", { left: left.length });
  const change = { from: sealed, to: await seal(c, JSON.stringify(left)) };
  return replaceBackupCodes(c.env.DB, who.operatorId, change, audit);
}

/** Turns the second factor on if the code belongs to the secret that waits for its first code. */
export async function confirmWithCode(
  c: PortalContext,
  who: Identity & { token: string },
  typed: string,
): Promise<boolean> {
  const factor = await readSecondFactor(c.env.DB, who.operatorId);
  const audit = buildSignInEntry(c, who, "operator.enable_second_factor");
  if (factor === null || factor.verified !== false || audit === null) return false;
  const step = findTimeStep(await open(c, factor.secret), typed.replaceAll(" ", ""), Date.now());
  if (step === null) return false;
  return turnOnSecondFactor(c.env.DB, who, { sealedSecret: factor.secret, step }, audit);
}

const open = async (c: PortalContext, data: string) => symmetricDecrypt({ key: await sealingKey(c), data });
const seal = async (c: PortalContext, data: string) => symmetricEncrypt({ key: await sealingKey(c), data });

async function sealingKey(c: PortalContext) {
  return (await createSignInService(c.env, getOrigin(c)).$context).secretConfig;
}
