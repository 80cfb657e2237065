/** `npm run verify-export -- file.json`: checks the ledger of an export, from the file alone. Exits with 1 if it does not add up. */
import { readFile } from "node:fs/promises";
import { verifyExport } from "./export/verify.ts";

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error("Usage: npm run verify-export -- file.json");
  process.exit(1);
}

const { faults, words } = verifyExport(await readFile(path, "utf8"));
for (const fault of faults) console.error(fault);
console.log(words);
process.exitCode = faults.length === 0 ? 0 : 1;
