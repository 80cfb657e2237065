import { readFile } from "node:fs/promises";
import { verifyExport } from "../../../../scripts/export/verify.ts";
import { CliError } from "../cli-error.ts";
import type { CommandContext } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";

/** `licenzy verify-export`: checks the ledger of an export, from the file alone. Needs no key and no server. */
export async function verifyExportFile({ output, setExitCode }: CommandContext, path: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "can't be read";
    throw new CliError(exitCodes.usage, "unreadable_file", `The file ${path} ${reason}. Check the path.`);
  }
  const { faults, words } = verifyExport(text);
  output.result({ intact: faults.length === 0, faults, summary: words }, [...faults, words]);
  if (faults.length > 0) setExitCode(exitCodes.no);
}
