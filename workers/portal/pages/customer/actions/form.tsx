import type { Child } from "hono/jsx";
import type { EntitlementKind } from "../../../../../shared/contract/enums.ts";
import type { Refusal } from "../../../../../shared/contract/operations/reply.ts";
import { newId } from "../../../../../shared/kit/ids.ts";
import { Field, FieldError, type FormState, Radios, Select } from "../../../components/fields.tsx";
import { kindLabels } from "../../../components/labels/common.ts";
import { renderPage } from "../../../components/layout.tsx";
import { Id } from "../../../components/parts.tsx";
import { renderRefusalPage } from "../../../components/refusal-page.ts";
import { listProducts } from "../../../db/products.ts";
import { toHttpStatus } from "../../../http/call-operation.ts";
import {
  buildCustomerPath,
  buildPath,
  type Form,
  getScope,
  type PortalContext,
} from "../../../request-context.ts";
import { type ActionName, actions, toRefusedActionForm } from "./parse-form.ts";
import { ActionHead, ReasonFields } from "./parts.tsx";

/** Shows the form of an action: its parameters and the reason. Sending the form only previews the action. */
export async function renderActionPage(
  c: PortalContext,
  name: ActionName,
  form: FormState,
  status: 200 | 404 | 409 | 422 | 502 = 200,
) {
  const subjectRef = c.req.param("subject") ?? "";
  const products = name === "grant" ? await listProductOptions(c) : [];
  // The id is chosen with the form, so that a form sent twice acts once.
  const actionId = form.values["action_id"] ?? newId("act", c.get("now"));
  return renderPage(
    c,
    { title: actions[name].title, status },
    <>
      <ActionHead c={c} subjectRef={subjectRef} title={actions[name].title} />
      <form method="post" action={buildCustomerPath(c, subjectRef, `/${name}/preview`)} class="form">
        <input type="hidden" name="action_id" value={actionId} />
        <Fields c={c} name={name} form={form} products={products} />
        <ReasonFields
          form={form}
          placeholder="Ticket 4471: double charge"
          hint="Stands in the timeline and the audit log, at most 500 characters."
        />
        <FieldError form={form} name="" />
        <div class="row">
          <button class="button primary" type="submit">
            Preview
          </button>
          <a class="button" href={buildCustomerPath(c, subjectRef)}>
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

type Options = { value: string; label: string; kind: EntitlementKind }[];

function Fields({
  c,
  name,
  form,
  products,
}: {
  c: PortalContext;
  name: ActionName;
  form: FormState;
  products: Options;
}) {
  switch (name) {
    case "grant":
      return <GrantFields c={c} form={form} products={products} />;
    case "revoke":
      return (
        <Target form={form} field="entitlement_id">
          It ends now, and what is left of it can't be used any more. It can be undone.
        </Target>
      );
    case "adjust":
      return (
        <>
          <Target form={form} field="entitlement_id">
            Units are added to the pack or taken from it. What was used stays used.
          </Target>
          <Radios form={form} name="how" label="What to do" options={adjustments} fallback="add" />
          <Field form={form} name="units" label="Units" inputmode="numeric" />
        </>
      );
    case "lift-hold":
      return (
        <>
          <Target form={form} field="cause_id">
            What it keeps from being used can be used again from now on. A dispute that is lost later ends the
            purchase all the same.
          </Target>
          <input type="hidden" name="entitlement_id" value={form.values["entitlement_id"] ?? ""} />
        </>
      );
    case "undo":
      return (
        <>
          <p>
            Entry {form.values["sequence"] ?? ""} is undone by another entry that takes its effect back.
            Nothing is deleted.
          </p>
          <input type="hidden" name="sequence" value={form.values["sequence"] ?? ""} />
        </>
      );
    case "sync":
      return (
        <p>
          Stripe is asked for this customer's sessions, subscriptions, charges and refunds. The preview shows
          what differs; nothing is changed at Stripe.
        </p>
      );
  }
}

const adjustments = [
  { value: "add", label: "Add", meaning: "So many more than now." },
  { value: "remove", label: "Remove", meaning: "So many fewer, but never below zero." },
  { value: "set", label: "Set", meaning: "Exactly so many; applies only if none are used meanwhile." },
];

function GrantFields({ c, form, products }: { c: PortalContext; form: FormState; products: Options }) {
  if (products.length === 0)
    return (
      <p>
        There is no product on sale in {c.get("mode")} mode. <a href={buildPath(c, "/products")}>Products</a>
      </p>
    );
  return (
    <>
      <Select form={form} name="product_code" label="Product" options={products} />
      <p class="hint">What is left empty is as the product sells it.</p>
      <div class="inputs">
        <div class="of-usage-pack">
          <Field
            form={form}
            name="units"
            label="Units"
            required={false}
            inputmode="numeric"
            hint="Of usage packs."
          />
        </div>
        <div class="of-time-pass">
          <Field
            form={form}
            name="duration_days"
            label="Days"
            required={false}
            inputmode="numeric"
            hint="Of time passes."
          />
        </div>
        <div class="of-end">
          <Field
            form={form}
            name="ends_on"
            label="Last day"
            required={false}
            type="date"
            hint="Of subscriptions and packs, to its end in UTC."
          />
        </div>
      </div>
    </>
  );
}

function Target({ form, field, children }: { form: FormState; field: string; children: Child }) {
  const id = form.values[field] ?? "";
  return (
    <>
      <p>
        <Id value={id} /> <span class="quiet">{children}</span>
      </p>
      <input type="hidden" name={field} value={id} />
    </>
  );
}

const maxProducts = 500;

async function listProductOptions(c: PortalContext): Promise<Options> {
  const { products } = await listProducts(c.env.DB, getScope(c), { archived: false }, maxProducts);
  return products.map(({ productCode, name, kind }) => ({
    value: productCode,
    label: `${productCode} · ${name} (${kindLabels[kind].toLowerCase()})`,
    kind,
  }));
}
