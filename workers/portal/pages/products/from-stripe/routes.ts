import { createProducts } from "../../../../../shared/contract/operations/price-import.ts";
import { actionRoute, formRoute, projectRoot, type Route } from "../../../auth/route.ts";
import { createFromPrices, showFreePrices } from "./actions.ts";

/** Routes of the page that creates products from the prices of the Stripe account. */
export const fromStripeRoutes: readonly Route[] = [
  formRoute(`${projectRoot}/products/from-stripe`, createProducts, showFreePrices),
  actionRoute(`${projectRoot}/products/from-stripe`, createProducts, createFromPrices),
];
