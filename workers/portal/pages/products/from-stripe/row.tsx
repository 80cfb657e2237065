import type { FreePrice } from "../../../../../shared/contract/operations/price-import.ts";
import { kindLabels } from "../../../components/labels/common.ts";
import { Id } from "../../../components/parts.tsx";
import { Cell, Row } from "../../../components/table.tsx";
import { formatPrice } from "../form.tsx";
import type { RowValues } from "./parse-rows.ts";

interface PriceRowProps {
  price: FreePrice;
  index: number;
  /** What was entered before; the proposal if nothing was. */
  values: RowValues | undefined;
  errors: string[];
}

/** A price with the fields of its product. The kind of a recurring price is given. */
export function PriceRow({ price, index, values, errors }: PriceRowProps) {
  const { priceId, interval, proposal } = price;
  const row = values ?? toValues(proposal);
  const what = formatPrice(price);
  const text = (
    name: string,
    label: string,
    value: string,
    more: { class?: string; inputmode?: "numeric" },
  ) => (
    <input
      id={`${name}_${index}`}
      name={`${name}_${index}`}
      value={value}
      aria-label={`${label} for ${what}`}
      {...more}
    />
  );
  return (
    <Row>
      <Cell>
        <label>
          <input
            type="checkbox"
            name={`pick_${index}`}
            value="on"
            checked={row.isPicked}
            aria-label={`Create a product for ${what}`}
          />
        </label>
        <input type="hidden" name={`price_${index}`} value={priceId} />
      </Cell>
      <Cell class="wrap">
        {what}
        <small>
          <Id value={priceId} />
        </small>
        {errors.map((error) => (
          <p class="fault" role="alert">
            {error}
          </p>
        ))}
      </Cell>
      <Cell class="wrap">{text("code", "Code", row.code, { class: "mono" })}</Cell>
      <Cell class="wrap">{text("name", "Name", row.name, {})}</Cell>
      <Cell class="wrap">
        {interval === null ? (
          <>
            <select name={`kind_${index}`} aria-label={`Kind for ${what}`}>
              {(["usage_pack", "time_pass"] as const).map((kind) => (
                <option value={kind} selected={row.kind === kind}>
                  {kindLabels[kind]}
                </option>
              ))}
            </select>
            <div class="for-pack">
              <small>Units</small>
              {text("units", "Units", row.units, { inputmode: "numeric" })}
            </div>
            <div class="for-pass">
              <small>Days of access</small>
              {text("days", "Days of access", row.days, { inputmode: "numeric" })}
            </div>
          </>
        ) : (
          <>
            {kindLabels.subscription}
            <input type="hidden" name={`kind_${index}`} value="subscription" />
          </>
        )}
      </Cell>
    </Row>
  );
}

const toValues = ({ productCode, name, kind, units, durationDays }: FreePrice["proposal"]): RowValues => ({
  isPicked: false,
  code: productCode,
  name,
  kind,
  units: String(units ?? ""),
  days: String(durationDays ?? ""),
});
