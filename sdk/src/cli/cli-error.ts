import type { Failure } from "../result.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";

/** Ends a command. `message` is for the person at the terminal: what happened and the next step. */
export class CliError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    /** A code for `--json`. */
    readonly code: string,
    message: string,
    /** More members of the reply for `--json`. */
    readonly extra: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = "CliError";
  }
}

/** Explains a failed call: one sentence, and the next step where there is one. `baseUrl` is what was called. */
export function explainFailure(failure: Failure<string>, baseUrl: string): CliError {
  const { error, message, requestId, retryAfterMs, details, docsUrl } = failure;
  const extra = {
    requestId,
    docsUrl,
    retryAfterMs,
    ...(details.length === 0 ? {} : { details }),
  };
  const end = (exitCode: ExitCode, text: string) => new CliError(exitCode, error, text, extra);
  switch (error) {
    case "unreachable":
      return end(
        exitCodes.unavailable,
        `${baseUrl}: ${message} Start the server, or check LICENZY_BASE_URL.`,
      );
    case "invalid_api_key":
    case "missing_bearer_token":
      return end(
        exitCodes.usage,
        `${baseUrl} rejected LICENZY_API_KEY: the key is unknown, revoked or expired. Create a key in the portal under API keys.`,
      );
    case "rate_limited":
      return end(
        exitCodes.unavailable,
        `${message} Run the command again in ${Math.ceil((retryAfterMs ?? 10_000) / 1_000)} s.`,
      );
    case "temporarily_unavailable":
      return end(exitCodes.unavailable, `${message} Run the command again.`);
    case "plan_mode_not_allowed":
    case "test_mode_only":
    case "invalid_request":
    case "invalid_argument":
      return end(exitCodes.usage, message);
    default:
      return end(exitCodes.no, message);
  }
}
