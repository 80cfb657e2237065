import { productCodeSchema } from "../../../shared/contract/checkout.ts";
import type { Mode } from "../../../shared/contract/words.ts";
import { insertProduct } from "../../../shared/db/configuration.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import type { RuntimeEnv } from "../env.ts";
import { stripeOfProject } from "./stripe-of-project.ts";

export type NewProduct = {
  productCode: string;
  name: string;
  stripePriceId: string;
} & (
  | { kind: "subscription" }
  | { kind: "time_pass"; durationDays: number }
  | { kind: "usage_pack"; units: number; expiresAfterDays: number | null }
);

/** Makes a product after asking Stripe whether its price can be sold as that kind. */
export async function createProduct(
  env: RuntimeEnv,
  projectId: string,
  mode: Mode,
  product: NewProduct,
  now: number,
): Promise<void> {
  productCodeSchema.parse(product.productCode);
  const stripe = await stripeOfProject(env, projectId, mode);
  const price = await stripe.prices.retrieve(product.stripePriceId);
  if (!price.active) throw new Error(`The price ${price.id} is archived in Stripe`);
  if (price.livemode !== (mode === "live")) throw new Error(`The price ${price.id} is not of ${mode} mode`);
  const wanted = product.kind === "subscription" ? "recurring" : "one_time";
  if (price.type !== wanted)
    throw new Error(`The price ${price.id} is ${price.type}: a ${product.kind} needs a ${wanted} one`);

  await d1(
    insertProduct(env.DB, {
      projectId,
      mode,
      productCode: product.productCode,
      name: product.name,
      kind: product.kind,
      stripePriceId: price.id,
      units: product.kind === "usage_pack" ? product.units : null,
      durationDays: product.kind === "time_pass" ? product.durationDays : null,
      expiresAfterDays: product.kind === "usage_pack" ? product.expiresAfterDays : null,
      createdAt: now,
      updatedAt: now,
    }),
  );
}
