/**
 * `npm run reset-link -- owner@example.com https://licenzy.example.com [environment]`: prints a link by which an owner who
 * can't sign in chooses a new password, and the wrangler command that makes it work. The command needs access
 * to the Cloudflare account.
 */
import { buildResetCommand } from "./reset-link/command.ts";

const [email, origin, environment = "production"] = process.argv.slice(2);
if (email === undefined || origin === undefined) {
  console.error("Usage: npm run reset-link -- <email of the operator> <origin of the portal> [environment]");
  process.exit(1);
}

const { command, link } = buildResetCommand(email, origin, environment);
console.log(
  `1. Run this with wrangler signed in to the account. It must report 1 changed row:\n\n${command}\n`,
);
console.log(
  `2. Open this link within an hour. It works once and also turns off the second factor:\n\n${link}`,
);
