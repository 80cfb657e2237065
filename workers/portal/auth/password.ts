import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/**
 * Cost of hashing a password: scrypt from `node:crypto`, which is native. PBKDF2 in Workers stops at
 * 100,000 rounds.
 *
 * One hash takes 16 MB and five passes. The numbers are part of the stored text, so that they can be
 * raised.
 */
const cost = { logN: 14, r: 8, p: 5 };
const keyBytes = 32;

const minPasswordLength = 12;
const maxPasswordLength = 200;

/** Returns why a new password is not accepted, or `null`. */
export function findPasswordError(password: string): string | null {
  if (password.length < minPasswordLength) return `Use at least ${minPasswordLength} characters.`;
  if (password.length > maxPasswordLength) return `Use at most ${maxPasswordLength} characters.`;
  return null;
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return ["scrypt", cost.logN, cost.r, cost.p, salt.toString("base64"), key.toString("base64")].join("$");
}

export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [name, logN, r, p, salt, key] = stored.split("$");
  if (name !== "scrypt" || salt === undefined || key === undefined) return false;
  const expected = Buffer.from(key, "base64");
  const found = await derive(password, Buffer.from(salt, "base64"), {
    logN: Number(logN),
    r: Number(r),
    p: Number(p),
  });
  return timingSafeEqual(found, expected);
}

function derive(password: string, salt: Buffer, { logN, r, p }: typeof cost): Promise<Buffer> {
  // Keyboards produce composed or decomposed characters for the same text. Both are the same password.
  const text = password.normalize("NFKC");
  return new Promise((resolve, reject) => {
    scrypt(text, salt, keyBytes, { N: 2 ** logN, r, p, maxmem: 64 * 1024 * 1024 }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
