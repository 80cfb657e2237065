import type { EntitlementKind } from "../../../../shared/contract/enums.ts";
import type { PriceView } from "../../../../shared/contract/operations/products.ts";
import type { ProductRow } from "../../../../shared/db/products.ts";
import { Field, FieldError, type FormState, Radios, SubmitButton } from "../../components/fields.tsx";
import { formatMoney, kindDescriptions, kindLabels, kindOptions } from "../../components/labels/common.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";
import { CheckoutFields } from "./checkout-fields.tsx";

interface ProductFormProps {
  c: PortalContext;
  form: FormState;
  /** The account's prices, or why they can't be listed. The price may be typed in either case. */
  prices: PriceView[] | string;
  /** The edited product. `null` for a new product. */
  product: ProductRow | null;
}

/**
 * The form for creating and editing a product. Scripts hide the fields of other kinds; without scripts, all
 * fields are visible.
 */
export function ProductForm({ c, form, prices, product }: ProductFormProps) {
  const path = buildPath(c, product === null ? "/products" : `/products/${product.productCode}`);
  const kind = (product?.kind ?? form.values["kind"]) as EntitlementKind | undefined;
  return (
    <form method="post" action={path} class="form" data-product-form>
      {product === null ? (
        <Field
          form={form}
          name="product_code"
          label="Code"
          mono
          placeholder="CREDITS_1000"
          hint="Used in your code (A–Z, 0–9, _). Can't be changed later."
          autofocus
        />
      ) : (
        <input type="hidden" name="version" value={form.values["version"] ?? String(product.updatedAt)} />
      )}
      <Field
        form={form}
        name="name"
        label="Name"
        placeholder="1,000 credits"
        hint="Internal name. Customers see the Stripe product name."
      />
      {product === null ? (
        <Radios form={form} name="kind" label="Kind" options={kindOptions} fallback="usage_pack" />
      ) : (
        <div class="field">
          <b>Kind</b>
          <p>
            {kindLabels[product.kind]} <span class="quiet">· {kindDescriptions[product.kind]}</span>
          </p>
          <input type="hidden" name="kind" value={product.kind} />
        </div>
      )}
      <PriceField c={c} form={form} prices={prices} />
      {kind === undefined || product === null || kind === "time_pass" ? (
        <div class="field" data-kind="time_pass">
          <Field
            form={form}
            name="duration_days"
            label="Days of access"
            type="number"
            min={1}
            max={36_500}
            required={false}
            hint="1 to 36,500 days."
          />
        </div>
      ) : null}
      {kind === undefined || product === null || kind === "usage_pack" ? (
        <div class="inputs" data-kind="usage_pack">
          <Field
            form={form}
            name="units"
            label="Units"
            type="number"
            min={1}
            required={false}
            hint="A whole number from 1."
          />
          <Field
            form={form}
            name="expires_after_days"
            label="Expires after days"
            type="number"
            min={1}
            max={36_500}
            required={false}
            hint="Leave blank for no expiry."
          />
        </div>
      ) : null}
      <CheckoutFields form={form} kind={product === null ? undefined : product.kind} />
      <FieldError form={form} name="" />
      <div class="row">
        <SubmitButton>{product === null ? "Create product" : "Save product"}</SubmitButton>
        <a class="button" href={buildPath(c, "/products")}>
          Cancel
        </a>
      </div>
    </form>
  );
}

function PriceField({
  c,
  form,
  prices,
}: {
  c: PortalContext;
  form: FormState;
  prices: PriceView[] | string;
}) {
  const isList = typeof prices !== "string";
  return (
    <div class="field">
      <Field
        form={form}
        name="price"
        label="Price in Stripe"
        mono
        placeholder="price_…"
        list="prices"
        autocomplete="off"
        hint={
          isList
            ? prices.length === 0
              ? "Your Stripe account has no active price yet. Create one in Stripe under Product catalog."
              : "Choose a price of your account, or paste its ID. Licenzy checks it in Stripe."
            : prices
        }
        data={{ "data-price-lookup": buildPath(c, "/products/price") }}
      />
      <p class="hint" data-price-result aria-live="polite" />
      {isList ? (
        <datalist id="prices">
          {prices.map((price) => (
            <option value={price.priceId}>{formatPrice(price)}</option>
          ))}
        </datalist>
      ) : null}
    </div>
  );
}

/** Formats a price as `1,000 credits: €49.00, once`. */
export function formatPrice({ productName, unitAmount, currency, interval }: PriceView): string {
  const how = interval === null ? "once" : `every ${interval}`;
  return `${productName}: ${formatMoney(unitAmount, currency)}, ${how}`;
}
