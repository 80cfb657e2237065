import { createHmac } from "node:crypto";
import { equalInConstantTime } from "../../../shared/kit/hash.ts";

const stepMs = 30_000;
/** Steps before and after the present one, for a clock that is fast or slow. */
const tolerance = 1;

/**
 * Returns the 30-second step that a six-digit code belongs to, or `null` if it is no code of the steps around
 * `now` (RFC 6238). better-auth verifies codes too, but does not say of which step, and so admits each
 * several times.
 */
export function findTimeStep(secret: string, code: string, now: number): number | null {
  const present = Math.floor(now / stepMs);
  for (let step = present - tolerance; step <= present + tolerance; step++)
    if (equalInConstantTime(Buffer.from(buildCode(secret, step)), Buffer.from(code))) return step;
  return null;
}

/** Returns the code of a step (RFC 4226: SHA-1, six digits). The secret's characters are the key. */
export function buildCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac("sha1", secret).update(counter).digest();
  const offset = (digest[19] ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
