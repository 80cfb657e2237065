import type { Failure, Success } from "../result.ts";
import { explainFailure } from "./cli-error.ts";
import type { Connection, Variables } from "./environment.ts";
import { connect } from "./environment.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Output } from "./output.ts";

/** What a command gets from its process. */
export interface CommandContext {
  variables: Variables;
  output: Output;
  /** Aborted when the person ends the command. */
  signal: AbortSignal;
  setExitCode: (code: ExitCode) => void;
}

/** Calls the API and returns the reply. Throws a `CliError` where it is a failure. */
export async function call<Reply extends object>(
  { variables }: CommandContext,
  send: (connection: Connection) => Promise<Success<Reply> | Failure<string>>,
): Promise<Success<Reply>> {
  const connection = connect(variables);
  const result = await send(connection);
  if (result.ok) return result;
  throw explainFailure(result, connection.baseUrl);
}
