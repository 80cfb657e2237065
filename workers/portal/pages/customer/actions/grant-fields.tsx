import type { Child } from "hono/jsx";
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
      <GrantTerms
        form={form}
        zone={zone}
        unitOffers={<UnitOffers entries={customer?.entries ?? []} />}
        endOffers={<EndOffers now={c.get("now")} zone={zone} />}
      />
    </>
  );
}

/** What a grant may change of its product's defaults, with values that fit below a field. */
export function GrantTerms({
  form,
  zone,
  unitOffers,
  endOffers,
}: {
  form: FormState;
  zone: string;
  unitOffers?: Child;
  endOffers?: Child;
}) {
  return (
    <>
      <p class="hint">Leave blank to use the product's defaults.</p>
      <div class="inputs">
        <div class="of-usage-pack">
          <Field form={form} name="units" label="Units" required={false} inputmode="numeric" />
          {unitOffers}
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
          {endOffers}
        </div>
      </div>
    </>
  );
}
