import { URL } from "node:url";
import { Licenzy } from "../licenzy.ts";
import { CliError } from "./cli-error.ts";
import { exitCodes } from "./exit-codes.ts";

/** Variables of the process. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface Connection {
  apiKey: string;
  /** The origin without credentials, for messages. */
  baseUrl: string;
  mode: "test" | "live";
  licenzy: Licenzy;
}

/**
 * Reads LICENZY_API_KEY and LICENZY_BASE_URL. The key has no option: a command line is visible to other users of the
 * machine and stays in the shell's history.
 */
export function connect(variables: Variables, options: { retries?: number } = {}): Connection {
  const apiKey = variables["LICENZY_API_KEY"]?.trim();
  if (!apiKey)
    throw new CliError(
      exitCodes.usage,
      "no_api_key",
      "LICENZY_API_KEY is not set. Create a key in the portal under API keys, then run: export LICENZY_API_KEY=lz_test_…",
    );
  const [, mode] = /^lz_(test|live)_\S+$/.exec(apiKey) ?? [];
  if (mode === undefined)
    throw new CliError(
      exitCodes.usage,
      "malformed_api_key",
      "LICENZY_API_KEY is no API key: it must begin with lz_test_ or lz_live_. Copy the whole key from the portal.",
    );
  const url = readBaseUrl(variables["LICENZY_BASE_URL"]?.trim());
  const licenzy = new Licenzy({ apiKey, baseUrl: url.href, ...options });
  return { apiKey, baseUrl: url.origin, mode: mode as Connection["mode"], licenzy };
}

function readBaseUrl(text: string | undefined): URL {
  if (!text)
    throw new CliError(
      exitCodes.usage,
      "no_base_url",
      "LICENZY_BASE_URL is not set. Set it to the origin of your Licenzy, such as http://localhost:8787.",
    );
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
    throw new CliError(
      exitCodes.usage,
      "invalid_base_url",
      "LICENZY_BASE_URL must be an http or https URL without credentials, such as https://api.example.com.",
    );
  return url;
}
