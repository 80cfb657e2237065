import type { EntitlementKind } from "../../../../../shared/contract/enums.ts";
import type { CustomerView } from "../../../../../shared/contract/operations/customer-views.ts";
import { Field, type FormState, Select } from "../../../components/fields.tsx";
import { readFormZone } from "../../../http/zone-cookie.ts";
import { buildPath, type PortalContext } from "../../../request-context.ts";
import { EndOffers, UnitOffers } from "./offers.tsx";

export type ProductOptions = { value: string; label: string; kind: EntitlementKind }[];

/** The fields of a grant: the product, and what differs from its defaults. */
export function GrantFields({
  c,
  form,
  products,
  customer,
}: {
  c: PortalContext;
  form: FormState;
  products: ProductOptions;
  customer: CustomerView | null;
}) {
  const zone = readFormZone(c, form.values["zone"]);
  if (products.length === 0)
    return (
      <p>
        No active products in {c.get("mode")} mode. <a href={buildPath(c, "/products")}>Products</a>
      </p>
    );
  return (
    <>
      <Select form={form} name="product_code" label="Product" options={products} />
      <p class="hint">Leave blank to use the product's defaults.</p>
      <div class="inputs">
        <div class="of-usage-pack">
          <Field form={form} name="units" label="Units" required={false} inputmode="numeric" />
          <UnitOffers entries={customer?.entries ?? []} />
        </div>
        <div class="of-time-pass">
          <Field form={form} name="duration_days" label="Days" required={false} inputmode="numeric" />
        </div>
        <div class="of-end">
          <Field
            form={form}
            name="ends_on"
            label="Last day"
            required={false}
            type="date"
            hint={`Access ends at the end of this day in ${zone}.`}
          />
          <input type="hidden" name="zone" value={zone} />
          <EndOffers now={c.get("now")} zone={zone} />
        </div>
      </div>
    </>
  );
}
