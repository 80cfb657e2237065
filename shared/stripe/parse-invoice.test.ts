import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { parseInvoice } from "./parse-invoice.ts";

const parse = (amounts: Partial<Stripe.Invoice>, outcome: "paid" | "failed" = "paid") =>
  parseInvoice({ id: "in_1", object: "invoice", currency: "eur", ...amounts } as Stripe.Invoice, outcome, 0);

describe("the amount that an invoice was paid with", () => {
  it.each([
    ["paid by card, or outside of Stripe and reported so", { amount_due: 2_900, amount_paid: 2_900 }, 2_900],
    ["paid outside of Stripe, reported with 0", { amount_due: 2_900, amount_paid: 0 }, 2_900],
    ["free of charge", { amount_due: 0, amount_paid: 0 }, 0],
    [
      "credited as a whole before it was paid",
      { amount_due: 2_900, amount_paid: 0, pre_payment_credit_notes_amount: 2_900 },
      0,
    ],
    [
      "credited as a whole, with nothing due",
      { amount_due: 0, amount_paid: 0, pre_payment_credit_notes_amount: 2_900 },
      0,
    ],
  ])("%s", (_, amounts, expected) => {
    expect(parse(amounts).amountPaid).toBe(expected);
  });

  it("an invoice that is not paid has what was paid of it so far", () => {
    expect(parse({ amount_due: 2_900, amount_paid: 0 }, "failed").amountPaid).toBe(0);
    expect(parse({ amount_due: 2_900, amount_paid: 1_000 }, "failed").amountPaid).toBe(1_000);
  });
});
