import type Stripe from "stripe";
import { noSuchObject } from "../errors.ts";
import { type Route, route } from "../router.ts";
import type { Scope } from "../scope.ts";
import type { Wire } from "../wire.ts";

function buildAccount({ accountId }: Scope): Wire<Stripe.Account> {
  return {
    id: accountId,
    object: "account",
    business_profile: null,
    business_type: null,
    capabilities: { card_payments: "active", transfers: "active" },
    charges_enabled: true,
    country: "US",
    default_currency: "usd",
    details_submitted: true,
    email: `owner@${accountId.replace("_", "-")}.example`,
    payouts_enabled: true,
    type: "standard",
  };
}

function buildBalance({ livemode }: Scope): Wire<Stripe.Balance> {
  const nothing = [{ amount: 0, currency: "usd", source_types: { card: 0 } }];
  return { object: "balance", available: nothing, livemode, pending: nothing };
}

export const accountRoutes: Route[] = [
  route("GET", "/v1/account", "rak_accounts_kyc_basic", {}, ({ context }) => buildAccount(context.scope)),
  route("GET", "/v1/accounts/:id", "rak_accounts_kyc_basic", {}, ({ context, id }) => {
    if (id !== context.scope.accountId) throw noSuchObject("account", id);
    return buildAccount(context.scope);
  }),
  route("GET", "/v1/balance", "rak_balance", {}, ({ context }) => buildBalance(context.scope)),
];
