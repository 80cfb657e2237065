import { maxImported } from "../../../../../shared/contract/operations/price-import.ts";
import { type ProductInput, productSchema } from "../../../../../shared/contract/operations/products.ts";
import { parseForm } from "../../../http/call-operation.ts";
import { readField } from "../../../http/form.ts";
import type { Form } from "../../../request-context.ts";

/** What was entered for one price. */
export interface RowValues {
  isPicked: boolean;
  code: string;
  name: string;
  kind: string;
  days: string;
  units: string;
}

/** The entered values by price id, and what is wrong with them. */
export interface SentRows {
  values: ReadonlyMap<string, RowValues>;
  /** Sentences by price id. */
  errors: ReadonlyMap<string, string[]>;
  /** The picked products; empty while a picked one has an error. */
  products: ProductInput[];
}

/** Reads the rows of the form: the fields of row 3 end in `_3`. Rows that are not picked are not checked. */
export function parseRows(form: Form): SentRows {
  const values = new Map<string, RowValues>();
  const errors = new Map<string, string[]>();
  const products: ProductInput[] = [];
  const codes = new Set<string>();
  for (let index = 0; index < maxImported; index++) {
    const read = (name: string) => readField(form, `${name}_${index}`);
    const priceId = read("price");
    if (priceId === "") continue;
    const row = {
      isPicked: read("pick") === "on",
      code: read("code"),
      name: read("name"),
      kind: read("kind"),
      days: read("days"),
      units: read("units"),
    };
    values.set(priceId, row);
    if (!row.isPicked) continue;
    const parsed = parseForm(productSchema, {
      productCode: row.code,
      name: row.name,
      stripePriceId: priceId,
      kind: row.kind,
      units: row.units,
      durationDays: row.days,
      expiresAfterDays: null,
    });
    if (parsed.outcome === "invalid") errors.set(priceId, Object.values(parsed.errors));
    else if (codes.has(row.code)) errors.set(priceId, ["This code is in the list twice. Enter another one."]);
    else products.push(parsed.input);
    codes.add(row.code);
  }
  return { values, errors, products: errors.size === 0 ? products : [] };
}
