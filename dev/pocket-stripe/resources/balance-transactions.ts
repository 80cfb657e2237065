import type Stripe from "stripe";
import { pageFields } from "../object-store.ts";
import { type Fields, optional, text } from "../params.ts";
import { type Route, route } from "../router.ts";
import { createdFilter } from "./created-filter.ts";

const listFields = {
  ...pageFields,
  created: createdFilter,
  currency: optional(text()),
  source: optional(text()),
  type: optional(text()),
} satisfies Fields & Partial<Record<keyof Stripe.BalanceTransactionListParams, unknown>>;

export const balanceTransactionRoutes: Route[] = [
  route("GET", "/v1/balance_transactions", "rak_balance", listFields, ({ context, params }) =>
    context.objects.list("balance_transaction", "/v1/balance_transactions", {
      page: params,
      created: params.created,
      fields: { currency: params.currency, source: params.source, type: params.type },
    }),
  ),
  route("GET", "/v1/balance_transactions/:id", "rak_balance", {}, ({ context, id }) =>
    context.objects.get("balance_transaction", id),
  ),
];
