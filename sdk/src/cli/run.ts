import { CommanderError } from "commander";
import { CliError } from "./cli-error.ts";
import type { Variables } from "./environment.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { Output, type Streams, withoutKeys } from "./output.ts";
import { buildProgram } from "./program.ts";

/** Runs one command. `args` are those after the program's name. Returns the exit code; throws only for a defect. */
export async function run(
  args: readonly string[],
  { variables, streams, signal }: { variables: Variables; streams: Streams; signal: AbortSignal },
): Promise<ExitCode> {
  const output = new Output(streams, args.includes("--json"));
  let exitCode: ExitCode = exitCodes.ok;
  const setExitCode = (code: ExitCode) => {
    exitCode = code;
  };
  const program = buildProgram({ variables, output, signal, setExitCode });
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({
      writeOut: (text) => streams.out(withoutKeys(text.trimEnd())),
      writeErr: (text) => streams.error(withoutKeys(text.trimEnd())),
    });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Help and version end the same way; the parser has written its message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (!(error instanceof CliError)) throw error;
    const { code, message, extra } = error;
    if (output.isJson) output.result({ ok: false, error: code, message, ...extra }, []);
    else output.note(`licenzy: ${message}`);
    return error.exitCode;
  }
}
