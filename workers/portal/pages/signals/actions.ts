import { setSignals, signalsSchema } from "../../../../shared/contract/operations/projects.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { formatCustomers } from "../../components/labels/bulk.ts";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { countCustomers } from "../../db/product-subscribers.ts";
import { callOperation, parseForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildPath, type Form, getData, getScope, type PortalContext } from "../../request-context.ts";
import { renderProductPage } from "../products/page.tsx";
import { renderSettingsPage } from "../settings/page.tsx";

const fieldNames = {
  lowBalance: "low_balance",
  lowBalanceIn: "low_balance_in",
  expiringDays: "expiring_days",
};

/** Shows how many customers a change concerns: those at the threshold get an event at once. */
export async function confirmSignals(c: PortalContext, form: Form): Promise<Confirmation | null> {
  if (readSignalsForm(c, form).outcome === "invalid") return null;
  const customers = await countCustomers(getData(c), getScope(c));
  const who = formatCustomers(customers);
  return {
    title: "Change signals?",
    text: `Licenzy gives the settings to ${who} in the background, at up to 600 a minute. Endpoints that subscribe get usage.low once for each customer with units at or below a new threshold, and entitlement.expiring for each end that is near.`,
    button: "Change signals",
    back: pageOf(c),
  };
}

export async function changeSignals(c: PortalContext) {
  const form = await readForm(c);
  const parsed = readSignalsForm(c, form);
  if (parsed.outcome === "invalid") {
    const sent = { values: form, errors: parsed.errors };
    return c.req.param("code") === undefined
      ? renderSettingsPage(c, null, 422, sent)
      : renderProductPage(c, null, 422, { signals: sent });
  }
  const reply = await callOperation(c, setSignals, parsed.input);
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, pageOf(c), "Signals saved. Licenzy is updating the customers.");
}

const pageOf = (c: PortalContext): string => {
  const code = c.req.param("code");
  return buildPath(c, code === undefined ? "/settings" : `/products/${code}`);
};

function readSignalsForm(c: PortalContext, form: Form) {
  const fields = {
    productCode: c.req.param("code") ?? null,
    lowBalance: readField(form, "low_balance") || null,
    lowBalanceIn: readField(form, "low_balance_in") || "percent",
    expiringDays: readField(form, "expiring_days") || null,
  };
  return parseForm(signalsSchema, fields, fieldNames);
}
