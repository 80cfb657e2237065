import type { ApiClient } from "../seed/api-client.ts";
import { PocketStripe } from "../seed/pocket-stripe.ts";
import { hiddenField, type PortalClient, sentencesOf } from "../seed/portal-client.ts";
import type { Customer } from "./customer.ts";
import type { Incident } from "./incidents.ts";
import { lastDay } from "./stories.ts";

/** Creates live products that differ from those of test mode, so that the go-live checklist has both kinds of lines. */
export async function addLiveProducts(owner: PortalClient, projectPath: string): Promise<void> {
  const stripe = new PocketStripe(owner.origin, "sk_live_demo0001");
  const path = `${projectPath}/live`;
  const products = [
    { product_code: "WEEK_PASS", name: "Week pass", kind: "time_pass", duration_days: "10" },
    {
      product_code: "CREDITS_100",
      name: "100 credits, for two weeks",
      kind: "usage_pack",
      units: "120",
      expires_after_days: "",
    },
  ];
  for (const product of products) {
    const price = await stripe.createPrice(product.name, 1_900);
    await owner.submit(`${path}/products`, { ...product, price });
  }
}

/** The app sends its own answers for some days. It is generous with every sixth customer, and strict with every ninth. */
export function compareAnswers(api: ApiClient, customers: readonly Customer[]): Incident[] {
  return [lastDay - 5, lastDay - 3, lastDay - 1, lastDay].map((day) => ({
    day,
    hour: 11,
    async run() {
      for (const [index, { ref }] of customers.entries()) {
        const { body } = await api.check(ref);
        const isOdd = body.allowed ? index % 9 === 4 : index % 6 === 1;
        const answer = { subject_ref: ref, allowed: isOdd ? !body.allowed : body.allowed };
        const { status } = await api.post("/v1/access/shadow", answer);
        if (status !== 200) throw new Error(`shadow: ${status}`);
      }
    },
  }));
}

/** Creates a recovery link for a customer who is denied. Returns its path. */
async function createLink(
  support: PortalClient,
  path: string,
  subjectRef: string,
  days: number,
): Promise<string> {
  const form = `${path}/customers/${encodeURIComponent(subjectRef)}/recovery-link`;
  const link_id = hiddenField((await support.get(form)).html, "link_id");
  const { html } = await support.submit(form, { link_id, days: String(days) });
  const link = /id="recovery-link">[^<]*(\/r\/[0-9a-z]+)</.exec(html)?.[1];
  if (link === undefined) throw new Error(`No recovery link: ${sentencesOf(html)}`);
  return link;
}

/**
 * Creates recovery links that end differently, and notes their paths in `links`: the portal shows a link only once.
 * `refOf` returns a customer of a story.
 */
export function createLinks(
  admin: PortalClient,
  path: string,
  refOf: (story: string) => string,
  links: Record<string, string>,
): Incident[] {
  const create = async (name: string, story: string, days: number) => {
    links[name] = await createLink(admin, path, refOf(story), days);
  };
  return [
    {
      day: 13,
      hour: 9,
      async run() {
        await create("revoked", "dunning_ended", 14);
        const { html } = await admin.get(`${path}/settings`);
        await admin.submit(`${path}/settings/link-secret`, {
          secret_version: hiddenField(html, "secret_version"),
        });
        await create("expired", "dunning_ended", 3);
      },
    },
    // The dispute ends on the next day.
    { day: 14, hour: 9, run: () => create("allowed", "dispute_won", 14) },
    {
      day: lastDay,
      hour: 9,
      async run() {
        await create("ready", "past_due", 7);
        await create("contact_support", "disputed", 7);
        await create("rate_limited", "used_up", 7);
      },
    },
  ];
}
