import type { Child } from "hono/jsx";
import type {
  CustomerView,
  EntitlementExplained,
} from "../../../../../shared/contract/operations/customer-views.ts";
import * as customers from "../../../../../shared/contract/operations/customers.ts";
import type { Refusal } from "../../../../../shared/contract/operations/reply.ts";
import { newId } from "../../../../../shared/kit/ids.ts";
import { Field, FieldError, type FormState, Radios } from "../../../components/fields.tsx";
import {
  formatCount,
  formatUnits,
  kindLabels,
  nameProduct,
  type ProductNames,
} from "../../../components/labels/common.ts";
import { renderPage } from "../../../components/layout.tsx";
import { Id } from "../../../components/parts.tsx";
import { renderRefusalPage } from "../../../components/refusal-page.ts";
import { readProductNames } from "../../../db/product-names.ts";
import { listProducts } from "../../../db/products.ts";
import { callOperation, toHttpStatus } from "../../../http/call-operation.ts";
import { buildCustomerPath, type Form, getScope, type PortalContext } from "../../../request-context.ts";
import { GrantFields, type ProductOptions } from "./grant-fields.tsx";
import { type ActionName, actions, toRefusedActionForm } from "./parse-form.ts";
import { ActionHead, ReasonFields } from "./parts.tsx";
import { ReleaseFields } from "./release-fields.tsx";

/** The actions on one entitlement, which the form names by its product. */
const targeting: ReadonlySet<ActionName> = new Set(["revoke", "adjust", "lift-hold"]);

/** Shows the form of an action: its parameters and the reason. Sending the form only previews the action. */
export async function renderActionPage(
  c: PortalContext,
  name: ActionName,
  form: FormState,
  status: 200 | 404 | 409 | 422 | 502 = 200,
) {
  const subjectRef = c.req.param("subject") ?? "";
  const [products, customer, names] = await Promise.all([
    name === "grant" ? listProductOptions(c) : [],
    name === "undo" || name === "sync" ? null : readNewest(c, subjectRef),
    targeting.has(name) ? readProductNames(c.env.DB, getScope(c)) : new Map<string, string>(),
  ]);
  // The id is chosen with the form, so that a form sent twice acts once.
  const actionId = form.values["action_id"] ?? newId("act", c.get("now"));
  return renderPage(
    c,
    { title: actions[name].title, status },
    <>
      <ActionHead c={c} subjectRef={subjectRef} title={actions[name].title} />
      <form method="post" action={buildCustomerPath(c, subjectRef, `/${name}/preview`)} class="form">
        <input type="hidden" name="action_id" value={actionId} />
        <Fields c={c} name={name} form={form} products={products} customer={customer} names={names} />
        <ReasonFields
          form={form}
          placeholder="Ticket 4471: double charge"
          hint="Shown in the timeline and audit log."
        />
        <FieldError form={form} name="" />
        <div class="row">
          <button class="button primary" type="submit">
            Review changes
          </button>
          <a class="button" href={buildCustomerPath(c, subjectRef)} data-drawer-close>
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}

/**
 * Shows the form with the refusal. An operator without a session or without the role gets an error page
 * instead.
 */
export async function renderRefusedActionPage(
  c: PortalContext,
  name: ActionName,
  form: Form,
  refused: Refusal,
) {
  const status = toHttpStatus(refused);
  return status === 401 || status === 403
    ? renderRefusalPage(c, refused)
    : renderActionPage(c, name, toRefusedActionForm(form, refused), status);
}

function Fields({
  c,
  name,
  form,
  products,
  customer,
  names,
}: {
  c: PortalContext;
  name: ActionName;
  form: FormState;
  products: ProductOptions;
  customer: CustomerView | null;
  names: ProductNames;
}) {
  const entitlement = customer?.entitlements.find(
    ({ entitlementId }) => entitlementId === form.values["entitlement_id"],
  );
  const target = { form, entitlement, names };
  switch (name) {
    case "grant":
      return <GrantFields c={c} form={form} products={products} customer={customer} />;
    case "revoke":
      return (
        <Target {...target} field="entitlement_id">
          Ends now. What is left of it can't be used. You can undo this.
        </Target>
      );
    case "adjust":
      return (
        <>
          <Target {...target} field="entitlement_id">
            Changes the units left. Past usage is not affected.
          </Target>
          <Radios form={form} name="how" label="Change" options={adjustments} fallback="add" />
          <Field form={form} name="units" label="Units" inputmode="numeric" />
        </>
      );
    case "lift-hold":
      return (
        <>
          <Target {...target} field="cause_id">
            Access returns now. If the dispute is lost later, the purchase ends anyway.
          </Target>
          <input type="hidden" name="entitlement_id" value={form.values["entitlement_id"] ?? ""} />
        </>
      );
    case "release-reservation":
      return <ReleaseFields form={form} customer={customer} />;
    case "undo":
      return (
        <>
          <p>Reverts #{form.values["sequence"] ?? ""} with a new ledger entry. The history stays.</p>
          <input type="hidden" name="sequence" value={form.values["sequence"] ?? ""} />
        </>
      );
    case "sync":
      return (
        <p>
          Reads this customer's checkouts, subscriptions, charges and refunds from Stripe and shows what
          differs. Nothing changes in Stripe.
        </p>
      );
  }
}

const adjustments = [
  { value: "add", label: "Add", meaning: "Increase the balance." },
  { value: "remove", label: "Remove", meaning: "Reduce the balance (minimum 0)." },
  {
    value: "set",
    label: "Set",
    meaning: "Set an exact balance. Fails if the balance changes before you apply.",
  },
];

/** Names what the action changes, with its balance or end. */
function Target({
  form,
  field,
  entitlement,
  names,
  children,
}: {
  form: FormState;
  field: string;
  entitlement: EntitlementExplained | undefined;
  names: ProductNames;
  children: Child;
}) {
  const id = form.values[field] ?? "";
  return (
    <>
      <p class="target">
        {entitlement === undefined ? null : (
          <b>
            {nameProduct(names, entitlement.productCode)}
            {entitlement.unitsRemaining === null
              ? null
              : ` · ${formatCount(entitlement.unitsRemaining)} of ${formatUnits(entitlement.unitsGranted ?? 0)} left`}
          </b>
        )}
        <Id value={id} />
        <span class="quiet">{children}</span>
      </p>
      <input type="hidden" name={field} value={id} />
    </>
  );
}

/** As many of the newest entries as the customer's page shows. */
const newestEntries = 50;

/** Reads the customer for what the form shows of them. The form works without. */
async function readNewest(c: PortalContext, subjectRef: string): Promise<CustomerView | null> {
  const page = { before: null, limit: newestEntries, withProfile: false };
  const reply = await callOperation(c, customers.readCustomer, { subjectRef, ...page });
  return reply.outcome === "refused" ? null : reply.customer;
}

const maxProducts = 500;

async function listProductOptions(c: PortalContext): Promise<ProductOptions> {
  const { products } = await listProducts(c.env.DB, getScope(c), { archived: false }, maxProducts);
  return products.map(({ productCode, name, kind }) => ({
    value: productCode,
    label: `${productCode} · ${name} (${kindLabels[kind].toLowerCase()})`,
    kind,
  }));
}
