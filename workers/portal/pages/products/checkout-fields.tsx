import { checkoutLocales, type EntitlementKind } from "../../../../shared/contract/enums.ts";
import type { CheckoutSettings } from "../../../../shared/contract/operations/products.ts";
import type { ProductRow } from "../../../../shared/db/products.ts";
import { Checkboxes, Field, type FormState, Select } from "../../components/fields.tsx";
import type { Form } from "../../request-context.ts";

const languages = new Intl.DisplayNames("en", { type: "language" });
const localeOptions = [
  { value: "", label: "The customer's browser language" },
  ...checkoutLocales.map((locale) => ({ value: locale, label: languages.of(locale) ?? locale })),
];

/** What Stripe's checkout page offers and collects, and what is sold to a customer who lost the product. */
export function CheckoutFields({ form, kind }: { form: FormState; kind: EntitlementKind | undefined }) {
  return (
    <>
      <Checkboxes
        form={form}
        name="checkout"
        label="Checkout page"
        options={[
          {
            value: "promotion_codes",
            label: "Promotion codes",
            meaning: "Customers can enter a code from Stripe.",
          },
          {
            value: "collects_tax",
            label: "Collect tax",
            meaning: "With Stripe Tax, which you set up in Stripe first.",
          },
        ]}
      />
      <Select form={form} name="locale" label="Language of the checkout page" options={localeOptions} />
      {kind === undefined || kind === "subscription" ? (
        <div class="field" data-kind="subscription">
          <Field
            form={form}
            name="trial_days"
            label="Trial days"
            type="number"
            min={1}
            max={730}
            required={false}
            hint="1 to 730 days. Leave blank for no trial. Every new subscription gets it."
          />
        </div>
      ) : null}
      <Field
        form={form}
        name="sell_instead"
        label="Sell instead after a denial"
        mono
        required={false}
        placeholder="PRO_YEARLY"
        hint="The code of the product that a customer who lost this one is offered. Leave blank to offer this one again."
      />
    </>
  );
}

/** Returns the fields' values of a product. */
export const toCheckoutValues = (product: ProductRow): Form => ({
  ...(product.promotionCodes ? { checkout_promotion_codes: "on" } : {}),
  ...(product.collectsTax ? { checkout_collects_tax: "on" } : {}),
  locale: product.locale ?? "",
  trial_days: String(product.trialDays ?? ""),
  sell_instead: product.sellInstead ?? "",
});

/** Describes the settings in a few words, for a comparison. */
export function describeCheckout({
  promotionCodes,
  collectsTax,
  locale,
  trialDays,
  sellInstead,
}: CheckoutSettings): string {
  const parts = [
    promotionCodes ? "promotion codes" : null,
    collectsTax ? "tax" : null,
    locale === null ? null : (languages.of(locale) ?? locale),
    trialDays === null ? null : `${trialDays} trial days`,
    sellInstead === null ? null : `sells ${sellInstead} instead`,
  ];
  return parts.filter((part) => part !== null).join(", ") || "—";
}
