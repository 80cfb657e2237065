import { Command } from "commander";
import manifest from "../../package.json" with { type: "json" };
import type { CommandContext } from "./command.ts";
import { check } from "./commands/check.ts";
import { checkout } from "./commands/checkout.ts";
import { consume } from "./commands/consume.ts";
import { doctor } from "./commands/doctor.ts";
import { listEntitlements } from "./commands/entitlements.ts";
import { listen } from "./commands/listen.ts";
import { verifyExportFile } from "./commands/verify-export.ts";

const environment = `
Environment:
  LICENZY_API_KEY         lz_test_… or lz_live_…. It selects the project and the mode.
  LICENZY_BASE_URL        The origin of your Licenzy, such as http://localhost:8787.
  LICENZY_WEBHOOK_SECRET  For listen: signs with this secret instead of a new one.

Exit codes:
  0  Success. For check: access is allowed.
  1  A negative answer: denied, refused, a problem or a fault found.
  2  The command, its settings or the API key are wrong.
  3  Licenzy can't be reached or is limiting requests. Run the command again later.`;

/** Builds the program. Every command takes `--json`. */
export function buildProgram(context: CommandContext): Command {
  const program = new Command("licenzy")
    .description("Check access, spend credits and receive webhooks from a terminal.")
    .version(manifest.version)
    .addHelpText("after", environment)
    .showHelpAfterError("Run licenzy --help for the commands.");
  const add = (usage: string, description: string) =>
    program.command(usage).description(description).option("--json", "print JSON, one object per line");

  add("check <subject_ref>", "check whether a customer may proceed")
    .option("--product <codes...>", "check access to one of these products")
    .action((subjectRef: string, options: { product?: string[] }) => check(context, subjectRef, options));
  add("entitlements <subject_ref>", "list a customer's entitlements").action((subjectRef: string) =>
    listEntitlements(context, subjectRef),
  );
  add("consume <subject_ref> <units>", "spend a customer's units")
    .option("--event-id <id>", "your id of what happened: the same id never spends twice")
    .action((subjectRef: string, units: string, options: { eventId?: string }) =>
      consume(context, subjectRef, units, options),
    );
  add("checkout <subject_ref> <product_code>", "create a Stripe Checkout session")
    .option("--event-id <id>", "your id of the order: the same id never creates two")
    .action((subjectRef: string, productCode: string, options: { eventId?: string }) =>
      checkout(context, subjectRef, productCode, options),
    );
  add("doctor", "check the key, the plan, products, Stripe's webhook and the clock").action(() =>
    doctor(context),
  );
  add("listen", "show events of test mode as they happen")
    .option("--forward <url>", "send each event to this URL, signed as a webhook")
    .option("--events <types...>", "only these event types")
    .action((options: { forward?: string; events?: string[] }) => listen(context, options));
  add("verify-export <file>", "check the ledger of a customer's export, without a server").action(
    (path: string) => verifyExportFile(context, path),
  );
  return program;
}
