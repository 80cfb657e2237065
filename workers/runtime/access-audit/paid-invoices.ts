import type Stripe from "stripe";
import { callStripe } from "../../../shared/stripe/client.ts";
import { getReferenceId } from "../../../shared/stripe/object-fields.ts";

/** Seconds between the charge of an invoice and the record of its payment, usually. */
const marginSeconds = 600;

/**
 * The payments that paid an invoice. Neither a charge nor its payment names the invoice, and a read for each would cost as
 * many reads as an account has charges. So Stripe's list of invoice payments is read next to that of the charges, newest
 * first, each page once in a turn. Times without a charge in question are passed over.
 *
 * It leaves out a charge that was made long after its invoice, as by a retried renewal. The examination of a charge reads
 * its own invoice.
 */
export class PaidInvoices {
  private readonly paymentIntentIds = new Set<string>();
  private from = 0;
  private last: string | undefined;
  private readTo = Number.POSITIVE_INFINITY;

  /** Reads as far back as the charges of a page: their `created` are between `oldest` and `newest`, in seconds. */
  async readTill(stripe: Stripe, { oldest, newest }: { oldest: number; newest: number }): Promise<void> {
    if (newest + marginSeconds < this.readTo) {
      this.from = newest + marginSeconds;
      this.last = undefined;
    }
    while (this.readTo > oldest - marginSeconds) {
      const page = await callStripe(
        stripe.invoicePayments.list({
          limit: 100,
          status: "paid",
          created: { lte: this.from },
          ...(this.last === undefined ? {} : { starting_after: this.last }),
        }),
      );
      for (const { payment } of page.data) {
        const paymentIntentId = getReferenceId(payment.payment_intent ?? null);
        if (paymentIntentId !== null) this.paymentIntentIds.add(paymentIntentId);
      }
      const last = page.data.at(-1);
      this.last = last?.id;
      this.readTo = !page.has_more || last === undefined ? Number.NEGATIVE_INFINITY : last.created;
    }
  }

  has(paymentIntentId: string): boolean {
    return this.paymentIntentIds.has(paymentIntentId);
  }
}
