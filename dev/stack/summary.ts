import { randomBytes } from "node:crypto";
import { devDirName } from "./paths.ts";

export interface SummaryInput {
  origin: string;
  /** Missing when the state was not seeded by `npm start`. */
  testKey: string | undefined;
  /** The people who can sign in to the portal. Missing as above. */
  owner: { email: string; password: string } | undefined;
  /** The page that creates the first owner. Missing when there is one. */
  setupUrl: string | undefined;
  /** The Stripe test account; missing with pocket Stripe. The URL is for `stripe listen`, which may be on. */
  stripe: { webhookUrl: string | undefined; isListening: boolean } | undefined;
  /** The port for a debugger. Missing unless `wrangler dev` runs the stack. */
  inspectorPort: number | undefined;
  /** Notes on the start, one line each. */
  notes: string[];
}

/** Builds the text that `npm start` prints when the stack is up. */
export function summary(input: SummaryInput): string {
  const { origin, testKey, owner, setupUrl, stripe, inspectorPort, notes } = input;
  return [
    "",
    `Licenzy is running: ${origin}   Ctrl-C stops it, its state stays in ${devDirName}, npm run reset deletes it.`,
    "",
    `  Portal          ${origin}/`,
    ...(owner === undefined ? [] : [`  Sign in as      ${owner.email}   ${owner.password}`]),
    ...(setupUrl === undefined ? [] : [`  Set up          ${setupUrl}`]),
    `  Documentation   ${origin}/docs/`,
    `  API reference   ${origin}/v1/docs`,
    ...(stripe === undefined
      ? [`  Pocket Stripe   ${origin}/pocket-stripe/control/state`]
      : stripeLines(stripe)),
    `  Receiver        ${origin}/receiver/demo (what your backend would get)`,
    `  Mail            ${origin}/__dev/mail (what would be sent to invited people)`,
    `  Test API key    ${testKey ?? "none yet"}`,
    ...(inspectorPort === undefined
      ? [
          `  Also            ${devDirName}/stack.json (all keys and operators), ${devDirName}/stack.log (what the workers print)`,
        ]
      : [
          `  Debugger        http://127.0.0.1:${inspectorPort}/json lists an address per worker`,
          `  Also            ${devDirName}/stack.json (all keys and operators); a saved source is served within seconds`,
        ]),
    ...notes.map((note) => `\n${note}`),
    "",
    ...(testKey === undefined ? [] : mainJob(origin, testKey, stripe !== undefined)),
  ].join("\n");
}

function stripeLines({ webhookUrl, isListening }: NonNullable<SummaryInput["stripe"]>): string[] {
  return [
    `  Stripe          your test account; its events are read every 2 s${isListening ? ", and taken from stripe listen" : ""}`,
    ...(webhookUrl === undefined || isListening
      ? []
      : [
          `                  or at once: stripe listen --forward-to ${webhookUrl}`,
          "                  then start with STRIPE_WEBHOOK_SECRET=whsec_…, or enter it on the project's Stripe page",
        ]),
  ];
}

/**
 * Builds the main job as lines for bash. They work one by one or pasted at once, and again at every start:
 * the subject and the idempotency keys are new each time. They need only bash, curl and sed.
 */
function mainJob(origin: string, key: string, isPaidInBrowser: boolean): string[] {
  const run = randomBytes(4).toString("hex");
  const subject = { subject_ref: `user_${run}` };
  const api = { origin, key };
  const check = curl(api, "/v1/access/check", subject);
  const consume = (units: number, name: string) =>
    curl({ ...api, idempotencyKey: `${name}_${run}`, showHeaders: true }, "/v1/usage/consume", {
      ...subject,
      units,
    });
  const checkout = curl(
    { ...api, idempotencyKey: `order_${run}`, hideStatus: true },
    "/v1/checkout/session",
    { ...subject, product_code: "CREDITS_1000" },
  );
  const pay = curl({ origin, statusOnly: true }, "/pocket-stripe/control/checkout/$SESSION", {
    outcome: "paid",
  });
  return [
    "The main job, line by line in bash:",
    "",
    "# Nothing bought yet: denied",
    check,
    "# A checkout for 1,000 credits",
    `CHECKOUT=$(${checkout}); echo "$CHECKOUT"`,
    ...(isPaidInBrowser
      ? [
          "# Open the checkout_url in a browser and pay with Stripe's test card: 4242 4242 4242 4242, any later date, any CVC",
          'read -r -p "Press Enter once it is paid " < /dev/tty',
          "# Stripe's event has been read within 5 seconds: allowed",
          `sleep 5; ${check}`,
        ]
      : [
          "# The customer pays (or open the checkout_url in a browser and press Pay)",
          `SESSION=$(sed 's|.*/pocket-stripe/pay/\\([A-Za-z0-9_]*\\).*|\\1|' <<<"$CHECKOUT"); ${pay}`,
          "# Stripe's event has arrived within 2 seconds: allowed",
          `sleep 2; ${check}`,
        ]),
    "# Spend 100 of 1,000",
    consume(100, "spend"),
    "# The same again, as after a lost reply: same answer, Idempotency-Replayed: true, nothing spent",
    consume(100, "spend"),
    "# More than the 900 left: refused with 409, nothing spent",
    consume(901, "overspend"),
    "",
  ];
}

interface CurlOptions {
  origin: string;
  key?: string;
  idempotencyKey?: string;
  showHeaders?: boolean;
  hideStatus?: boolean;
  /** Prints only the status, because the reply is the whole session. */
  statusOnly?: true;
}

/**
 * Builds a curl command. `path` is in double quotes, so it may contain a shell variable; `body` is in single
 * quotes.
 */
function curl(options: CurlOptions, path: string, body: Record<string, string | number>): string {
  const { origin, key, idempotencyKey, showHeaders, hideStatus, statusOnly } = options;
  return [
    showHeaders ? "curl -sSi" : "curl -sS",
    ...(statusOnly ? ["-o /dev/null -w 'paid (%{http_code})\\n'"] : []),
    ...(showHeaders || hideStatus || statusOnly ? [] : ["-w ' (%{http_code})\\n'"]),
    `"${origin}${path}"`,
    ...(key === undefined ? [] : [`-H 'Authorization: Bearer ${key}'`]),
    "-H 'Content-Type: application/json'",
    ...(idempotencyKey === undefined ? [] : [`-H 'Idempotency-Key: ${idempotencyKey}'`]),
    `-d '${JSON.stringify(body)}'${showHeaders ? "; echo" : ""}`,
  ].join(" ");
}
