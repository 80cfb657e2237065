import type { PortalClient } from "../../dev/seed/portal-client.ts";
import type { Mode } from "../../shared/contract/enums.ts";
import { readFormFields, toText } from "./forms.ts";
import type { World } from "./world.ts";

/** What a session that Licenzy did not open says of its customer. */
interface ForeignNames {
  metadata?: Record<string, string>;
  client_reference_id?: string;
  customer?: string;
}

/** Sells by a session that Licenzy did not open. Returns its id. */
export async function sellElsewhere(
  { stripe }: World,
  price: string,
  { metadata = {}, ...names }: ForeignNames = {},
  mode: "subscription" | "payment" = "subscription",
): Promise<string> {
  const { id } = await stripe.client.checkout.sessions.create({
    mode,
    line_items: [{ price, quantity: 1 }],
    success_url: "https://shop.example",
    metadata,
    ...names,
    ...(mode === "subscription" ? { subscription_data: { metadata } } : {}),
  });
  await stripe.pay(id);
  return id;
}

/** Takes a payment without a Checkout session and without an invoice, as other software does. Returns its id. */
export async function payDirectly(
  { stripe }: World,
  { metadata = {}, customer }: { metadata?: Record<string, string>; customer?: string } = {},
): Promise<string> {
  const { id } = await stripe.client.paymentIntents.create({
    amount: 900,
    currency: "usd",
    confirm: true,
    payment_method: "pm_card_visa",
    metadata,
    ...(customer === undefined ? {} : { customer }),
  });
  return id;
}

export const runCrons = ({ origin }: World) => fetch(`${origin}/__dev/cron`, { method: "POST" });

/** Runs the sweeps until the page has this text, for at most `waitMs`. Returns its text. */
export async function until(
  world: World,
  portal: PortalClient,
  path: string,
  text: RegExp,
  waitMs: number,
): Promise<string> {
  const endBy = Date.now() + waitMs;
  for (;;) {
    const shown = toText(await portal.get(path));
    if (text.test(shown)) return shown;
    if (Date.now() > endBy) throw new Error(`never ${text}: ${shown.slice(0, 2_000)}`);
    await runCrons(world);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Runs an access audit to its end, for at most `waitMs`. Returns the path of its page. */
export async function audit(
  world: World,
  portal: PortalClient,
  waitMs: number,
  mode: Mode = "test",
): Promise<string> {
  const list = `/p/${world.projectId}/${mode}/access-audit`;
  const form = readFormFields(await portal.get(list), list);
  const { location } = await portal.submit(list, form);
  const path = location ?? "";
  await until(world, portal, path, /Access audits \/ Finished/, waitMs);
  return path;
}

/** Reads all findings from the pages of the table: the customer, or the object of an unknown one, and its class. */
export async function readFindings(portal: PortalClient, path: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  let next: string | undefined = path;
  while (next !== undefined) {
    const { html } = await portal.get(next);
    for (const [, row = ""] of html.matchAll(/<tr>(.*?)<\/tr>/gs)) {
      const cells = [...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = ""]) =>
        cell.replace(/<[^>]+>/g, "").trim(),
      );
      const [customer = "", label = "", object = ""] = cells;
      if (cells.length === 5) found.set(customer === "—" ? object : customer, label);
    }
    next = /<a class="button small" href="([^"]+)" rel="next"/.exec(html)?.[1]?.replaceAll("&amp;", "&");
  }
  return found;
}
