import type { Key } from "../../contract.ts";
import { type CommandContext, call } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { alignColumns } from "../output.ts";

interface Finding {
  name: "server" | "key" | "plan" | "products" | "stripe_webhook" | "clock";
  status: "ok" | "problem";
  /** What was found and, for a problem, the next step. */
  message: string;
}

/** Webhook verification refuses a request with a time that is further off. */
const maxSkewMs = 300_000;

/** `licenzy doctor`: whether this environment can use Licenzy. Exits with 1 if there is a problem. */
export async function doctor(context: CommandContext): Promise<void> {
  let baseUrl = "";
  let [sentAt, arrivedAt] = [0, 0];
  const key = await call<Key>(context, async (connection) => {
    baseUrl = connection.baseUrl;
    sentAt = Date.now();
    const result = await connection.licenzy.keys.current();
    arrivedAt = Date.now();
    return result;
  });
  const skewMs = findSkew(Date.parse(key.serverTime), sentAt, arrivedAt);
  const findings: Finding[] = [
    { name: "server", status: "ok", message: `${baseUrl} answered in ${arrivedAt - sentAt} ms` },
    { name: "key", status: "ok", message: `${key.mode} mode of project ${key.projectName} (${key.keyId})` },
    inspectPlan(key),
    inspectProducts(key),
    inspectWebhook(key),
    inspectClock(skewMs),
  ];
  const problems = findings.filter(({ status }) => status === "problem").length;
  const words =
    problems === 0 ? "No problems found." : problems === 1 ? "1 problem." : `${problems} problems.`;
  const rows = findings.map(({ name, status, message }) => [
    status === "ok" ? "ok" : "PROBLEM",
    name.replace("_", " "),
    message,
  ]);
  const { keyId, projectId, projectName, mode, plan } = key;
  context.output.result(
    { keyId, projectId, projectName, mode, plan, clockSkewMs: skewMs, problems, findings },
    [...alignColumns(rows), words],
  );
  if (problems > 0) context.setExitCode(exitCodes.no);
}

function inspectPlan({ mode, plan }: Key): Finding {
  if (mode === "test" || plan === "trial" || plan === "active")
    return { name: "plan", status: "ok", message: plan };
  const message = `${plan}: live writes are disabled. An owner can change the plan in the portal.`;
  return { name: "plan", status: "problem", message };
}

function inspectProducts({ activeProducts, mode }: Key): Finding {
  const name = "products";
  if (activeProducts > 0) return { name, status: "ok", message: `${activeProducts} active` };
  const message = `No active product in ${mode} mode. Add one in the portal under Products.`;
  return { name, status: "problem", message };
}

function inspectWebhook({ stripeWebhook: { status, missedEvents, silentSince } }: Key): Finding {
  const name = "stripe_webhook";
  switch (status) {
    case "ok":
      return { name, status: "ok", message: "events arrive" };
    case "not_connected":
      return {
        name,
        status: "problem",
        message: "Stripe is not connected in this mode. Connect it in the portal under Stripe.",
      };
    case "not_registered":
      return {
        name,
        status: "problem",
        message: "The webhook is not registered at Stripe. Register it in the portal under Stripe.",
      };
    default:
      return {
        name,
        status: "problem",
        message: `${status}: ${missedEvents} events since ${silentSince} did not arrive by webhook. Check the webhook in the portal under Stripe.`,
      };
  }
}

/** The server's time is between sending and arrival, so the skew is known up to that. 0 within it. */
function findSkew(serverAt: number, sentAt: number, arrivedAt: number): number {
  if (serverAt < sentAt) return serverAt - sentAt;
  return serverAt > arrivedAt ? serverAt - arrivedAt : 0;
}

function inspectClock(skewMs: number): Finding {
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  if (Math.abs(skewMs) <= maxSkewMs)
    return { name: "clock", status: "ok", message: seconds === 0 ? "in sync" : `${seconds} s off` };
  const direction = skewMs > 0 ? "behind" : "ahead of";
  const message = `This machine's clock is ${seconds} s ${direction} the server's, so every webhook is refused as too old. Synchronize it with NTP.`;
  return { name: "clock", status: "problem", message };
}
