/** What the process exits with. `docs` and `--help` list them, so they never change. */
export const exitCodes = {
  /** The command succeeded. A check: access is allowed. */
  ok: 0,
  /** A negative answer: access denied, the request refused, a problem found. */
  no: 1,
  /** The command, its settings or the API key are wrong. Repeating it changes nothing. */
  usage: 2,
  /** Licenzy can't be reached, or is limiting requests. Repeat the command later. */
  unavailable: 3,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
