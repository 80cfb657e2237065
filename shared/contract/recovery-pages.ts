/**
 * The pages of a recovery link (`GET /r/<token>`), for customers. None names the customer, the product or the project. The
 * runtime serves them, and the portal shows what a link leads to before it is created.
 */
export const recoveryPages = {
  /** With the button. Nothing happens until a person presses it. */
  ready: {
    status: 200,
    title: "Restore your access",
    text: "Continue to the secure page of Stripe, the payment provider. Nothing is charged until you confirm it there.",
  },
  allowed: {
    status: 200,
    title: "Your access is active",
    text: "There is nothing to pay. You can close this page.",
  },
  wait: {
    status: 200,
    title: "Your access starts later",
    text: "There is nothing to pay. You can close this page.",
  },
  contact_support: {
    status: 200,
    title: "Contact support",
    text: "Your access can't be restored on a payment page. Reply to the message that this link came with.",
  },
  unknown: {
    status: 404,
    title: "This link doesn't work",
    text: "Check that you copied the whole link, or request a new one from support.",
  },
  expired: { status: 410, title: "This link has expired", text: "Request a new one from support." },
  revoked: { status: 410, title: "This link was revoked", text: "Request a new one from support." },
  rate_limited: {
    status: 429,
    title: "Too many attempts",
    text: "Wait a few minutes, then open the link again.",
  },
  unavailable: {
    status: 503,
    title: "Try again in a minute",
    text: "The payment page couldn't be opened. Nothing was charged.",
  },
} as const;

export type RecoveryPageName = keyof typeof recoveryPages;

/** The label of the button on the page `ready`. */
export const recoveryButton = "Continue";
