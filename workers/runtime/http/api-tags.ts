/** The groups of endpoints in the OpenAPI document, with their descriptions. */
export const apiTags = {
  Products: "List what the project sells.",
  Checkout: "Sell a product through Stripe Checkout.",
  Access: "Check whether a customer may proceed, and read what they have.",
  Usage: "Spend, reserve and give back units.",
  Diagnostics: "Check an installation, and see the events of test mode.",
} as const;

export type ApiTag = keyof typeof apiTags;
