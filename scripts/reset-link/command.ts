import { randomBytes } from "node:crypto";
import { resetLinkCommand } from "../../shared/db/tables/sign-in.ts";
import { encodeBase32 } from "../../shared/kit/base32.ts";
import { sha256Hex } from "../../shared/kit/hash.ts";
import { checkEnvironmentName, database as databaseName, nameIn } from "../deploy/names.ts";

/**
 * Returns a new reset link and the SQL that stores its hash for the operator with this address, for one hour.
 */
export function buildResetLink(email: string, origin: string): { sql: string; link: string } {
  if (!/^[^\s"'`$\\]+@[^\s"'`$\\]+$/.test(email)) throw new Error("Enter an email address.");
  const token = encodeBase32(randomBytes(20));
  const columns = "operator_id, token_hash, created_by, created_at, expires_at, ends_second_factor";
  const sql = `INSERT OR REPLACE INTO sign_in_resets (${columns})
SELECT operator_id, '${sha256Hex(token)}', '${resetLinkCommand}', unixepoch() * 1000,
  unixepoch() * 1000 + 3600000, 1
FROM operators WHERE email = '${email.toLowerCase()}'`;
  return { sql, link: `${origin.replace(/\/+$/, "")}/reset/${token}` };
}

export function buildResetCommand(
  email: string,
  origin: string,
  environment: string,
): { command: string; link: string } {
  const { sql, link } = buildResetLink(email, origin);
  const database = nameIn(checkEnvironmentName(environment), databaseName);
  return { command: `npx wrangler d1 execute ${database} --remote --command "${sql}"`, link };
}
