import {
  type AllowanceInput,
  allowanceSchema,
  setAllowance,
} from "../../../../shared/contract/operations/products.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { formatCustomers } from "../../components/labels/bulk.ts";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { formatDay } from "../../components/time.tsx";
import { countSubscribers } from "../../db/product-subscribers.ts";
import { callOperation, parseForm, toHttpStatus, toRefusedForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildPath, type Form, getData, getScope, type PortalContext } from "../../request-context.ts";
import { parseDay } from "../../time/parse-time.ts";
import { describeExample } from "./allowance-example.ts";
import { renderProductPage } from "./page.tsx";

const fieldNames = { units: "included_units" };

/** Shows how many customers a change concerns and from when, before it is made. */
export async function confirmAllowance(c: PortalContext, form: Form): Promise<Confirmation | null> {
  const parsed = readAllowanceForm(c, form);
  if (parsed.outcome === "invalid") return null;
  const { productCode, from, ...terms } = parsed.input;
  const customers = await countSubscribers(getData(c), getScope(c), productCode);
  const who = `${formatCustomers(customers)} ${customers === 1 ? "has" : "have"}`;
  const since = from === null ? "now on" : `${formatDay(from, "UTC")} on`;
  return {
    title: `Change the included units of ${productCode}?`,
    text: `${describeExample(terms)} ${who} this subscription. Their windows that begin from ${since} have the new terms. Licenzy updates all of them in the background, at up to 600 customers a minute. Windows that began before keep theirs.`,
    button: "Change included units",
    back: buildPath(c, `/products/${productCode}`),
  };
}

export async function changeAllowance(c: PortalContext) {
  const form = await readForm(c);
  const parsed = readAllowanceForm(c, form);
  if (parsed.outcome === "invalid")
    return renderProductPage(c, null, 422, { allowance: { values: form, errors: parsed.errors } });
  const reply = await callOperation(c, setAllowance, parsed.input);
  const { productCode } = parsed.input;
  if (reply.outcome === "done")
    return redirectWith(
      c,
      buildPath(c, `/products/${productCode}`),
      "Included units saved. Licenzy is updating the subscribers.",
    );
  return toHttpStatus(reply) === 422
    ? renderProductPage(c, null, 422, { allowance: toRefusedForm(form, reply, fieldNames) })
    : renderRefusalPage(c, reply);
}

function readAllowanceForm(c: PortalContext, form: Form) {
  const day = readField(form, "from");
  const fields: Record<keyof AllowanceInput, unknown> = {
    productCode: c.req.param("code") ?? "",
    units: readField(form, "included_units"),
    every: form["every"],
    rolloverWindows: readField(form, "rollover_windows") || "0",
    rolloverMax: readField(form, "rollover_max") || null,
    inTrial: readField(form, "in_trial") || null,
    from: day === "" ? null : (parseDay(day, "UTC") ?? Number.NaN),
    version: parseWholeNumber(readField(form, "terms_version")),
  };
  return parseForm(allowanceSchema, fields, fieldNames);
}
