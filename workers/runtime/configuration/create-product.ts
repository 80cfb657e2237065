import { productCodeSchema } from "../../../shared/contract/checkout.ts";
import type { Mode } from "../../../shared/contract/words.ts";
import { insertProduct } from "../../../shared/db/configuration.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import type { RuntimeEnv } from "../env.ts";
import { stripeOfProject } from "./stripe-of-project.ts";

/** A one-time product. Subscriptions are not sold yet: nothing would turn their payments into access. */
export type NewProduct = {
  productCode: string;
  name: string;
  stripePriceId: string;
} & (
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
  if (price.type !== "one_time")
    throw new Error(`The price ${price.id} is recurring: a ${product.kind} is paid once`);

  const isPack = product.kind === "usage_pack";
  await d1(
    insertProduct(env.DB, {
      projectId,
      mode,
      productCode: product.productCode,
      name: product.name,
      kind: product.kind,
      stripePriceId: price.id,
      units: isPack ? product.units : null,
      durationDays: isPack ? null : product.durationDays,
      expiresAfterDays: isPack ? product.expiresAfterDays : null,
      createdAt: now,
      updatedAt: now,
    }),
  );
}
