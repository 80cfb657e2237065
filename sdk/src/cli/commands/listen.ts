import { setTimeout as sleep } from "node:timers/promises";
import { URL } from "node:url";
import { generateSigningSecret } from "../../../../shared/webhooks/signing.ts";
import type { LicenzyEvent } from "../../contract.ts";
import { LicenzyError } from "../../result.ts";
import { CliError, explainFailure } from "../cli-error.ts";
import type { CommandContext } from "../command.ts";
import { connect, type Variables } from "../environment.ts";
import { exitCodes } from "../exit-codes.ts";
import { EventFeed } from "../listen/event-feed.ts";
import { type Forwarded, forward } from "../listen/forward.ts";

interface ListenOptions {
  forward?: string;
  events?: string[];
}

const pollEveryMs = 1_000;

/**
 * `licenzy listen`: shows the events of test mode as they happen, and forwards each once, signed, until it is interrupted.
 */
export async function listen(context: CommandContext, options: ListenOptions): Promise<void> {
  const { output, signal, variables } = context;
  const { licenzy, baseUrl, mode } = connect(variables);
  if (mode === "live")
    throw new CliError(
      exitCodes.usage,
      "wrong_mode",
      "listen works in test mode only, and LICENZY_API_KEY is a live key. Use a test key; live events reach a webhook endpoint that you add in the portal.",
    );
  const target = readTarget(options, variables);
  const feed = new EventFeed(() => licenzy.events.list({ signal }));
  const read = async <T>(work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return null;
      if (error instanceof LicenzyError) throw explainFailure(error.failure, baseUrl);
      throw error;
    }
  };
  await read(() => feed.start());
  if (signal.aborted) return;
  announce(context, baseUrl, target);
  let isConnected = true;
  while (!signal.aborted) {
    await sleep(pollEveryMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    let events: LicenzyEvent[];
    try {
      events = (await read(() => feed.read())) ?? [];
      if (!isConnected) output.note("Connected again.");
      isConnected = true;
    } catch (error) {
      if (!(error instanceof CliError) || error.exitCode !== exitCodes.unavailable) throw error;
      if (isConnected) output.note(`${error.message} Retrying.`);
      isConnected = false;
      continue;
    }
    for (const event of events) {
      if (options.events !== undefined && !options.events.includes(event.type)) continue;
      const forwarded = target === null ? null : await forward(event, { ...target, signal });
      if (!signal.aborted) show(context, event, forwarded);
    }
  }
}

function readTarget({ forward: url }: ListenOptions, variables: Variables) {
  if (url === undefined) return null;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new CliError(
      exitCodes.usage,
      "invalid_argument",
      "--forward must be an http or https URL, such as http://localhost:3000/hook.",
    );
  const own = variables["LICENZY_WEBHOOK_SECRET"]?.trim();
  if (own && !/^whsec_[A-Za-z0-9+/]{24,}={0,2}$/.test(own))
    throw new CliError(
      exitCodes.usage,
      "invalid_secret",
      "LICENZY_WEBHOOK_SECRET is no signing secret: it must be whsec_ followed by base64. Unset it to get a new one.",
    );
  return { url, secret: own || generateSigningSecret(), isNew: !own };
}

type Target = ReturnType<typeof readTarget>;

function announce({ output }: CommandContext, baseUrl: string, target: Target): void {
  output.note(`Listening for events of test mode at ${baseUrl}. End with Ctrl-C.`);
  if (target === null) return;
  output.note(`Forwarding to ${target.url}, each event once, without retries.`);
  // Standard error, so that `--json` has events only. A secret from the environment is not repeated.
  output.note(
    target.isNew ? `Signing secret of this session: ${target.secret}` : "Signed with LICENZY_WEBHOOK_SECRET.",
  );
}

function show({ output }: CommandContext, event: LicenzyEvent, forwarded: Forwarded | null): void {
  const { id, type, timestamp, data } = event;
  const outcome =
    forwarded === null
      ? ""
      : "status" in forwarded
        ? `  → ${forwarded.status} in ${forwarded.durationMs} ms`
        : `  → failed: ${forwarded.error}`;
  const sequence = data.sequence === null ? "" : ` #${data.sequence}`;
  output.result({ event, forwarded }, [
    `${timestamp}  ${type}  ${data.subjectRef ?? "—"}${sequence}  ${id}${outcome}`,
  ]);
}
