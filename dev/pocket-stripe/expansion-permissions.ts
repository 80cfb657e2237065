import type { ObjectName } from "./wire.ts";

/**
 * The permission that a restricted key needs to expand an id into an object of this type. As with Stripe, a
 * key that may read a charge may not expand its balance transaction without a permission for that.
 */
export const expansionPermissions: Record<ObjectName, string> = {
  product: "rak_product_read",
  price: "rak_plan_read",
  customer: "rak_customer_read",
  "checkout.session": "rak_checkout_session_read",
  item: "rak_checkout_session_read",
  payment_intent: "rak_payment_intent_read",
  charge: "rak_charge_read",
  balance_transaction: "rak_balance_read",
  coupon: "rak_coupon_read",
  discount: "rak_coupon_read",
  subscription: "rak_subscription_read",
  invoice: "rak_invoice_read",
  invoice_payment: "rak_invoice_read",
  invoiceitem: "rak_invoice_read",
  refund: "rak_charge_read",
  dispute: "rak_dispute_read",
  "billing_portal.session": "rak_customer_portal_read",
  webhook_endpoint: "rak_webhook_read",
  event: "rak_event_read",
};
