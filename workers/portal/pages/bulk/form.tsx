import type { BulkActionType } from "../../../../shared/contract/operations/bulk-jobs.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import { emptyForm, Field, FieldError, type FormState, Radios, Select } from "../../components/fields.tsx";
import { bulkActionLabels, formatCustomers } from "../../components/labels/bulk.ts";
import { kindLabels } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, PageHead } from "../../components/parts.tsx";
import { listProducts } from "../../db/products.ts";
import { readFormZone } from "../../http/zone-cookie.ts";
import { buildPath, getScope, type PortalContext } from "../../request-context.ts";
import { GrantTerms } from "../customer/actions/grant-fields.tsx";
import { ReasonFields } from "../customer/actions/parts.tsx";
import { parseRefs } from "./parse-refs.ts";

const maxProducts = 500;

const actions = Object.entries(bulkActionLabels).map(([value, labels]) => ({ value, ...labels }));

const adjustments = [
  { value: "add", label: "Add", meaning: "Increase the balance." },
  { value: "remove", label: "Remove", meaning: "Reduce the balance (minimum 0)." },
  { value: "set", label: "Set", meaning: "Set an exact balance." },
];

export const showNewJob = (c: PortalContext) => renderBulkForm(c, emptyForm);

/** Shows the form of an action on many customers. Sending it only previews the action. */
export async function renderBulkForm(
  c: PortalContext,
  form: FormState,
  status: 200 | 404 | 409 | 422 | 502 = 200,
) {
  const { products } = await listProducts(c.env.DB, getScope(c), { archived: false }, maxProducts);
  const options = products.map(({ productCode, name, kind }) => ({
    value: productCode,
    label: `${productCode} · ${name} (${kindLabels[kind].toLowerCase()})`,
    kind,
  }));
  const { refs } = parseRefs(form.values["refs"] ?? "");
  const zone = readFormZone(c, form.values["zone"]);
  const fallback: BulkActionType = "grant";
  return renderPage(
    c,
    { title: "New bulk action", status },
    <>
      <PageHead
        title={refs.length === 0 ? "New bulk action" : `Act on ${formatCustomers(refs.length)}`}
        lead={
          <>
            <a href={buildPath(c, "/customers")}>Customers</a> /{" "}
            <a href={buildPath(c, "/bulk")}>Bulk actions</a> / Nothing changes until you start the job
          </>
        }
      />
      <Card pad>
        <form
          method="post"
          action={buildPath(c, "/bulk")}
          class="form bulk-form"
          enctype="multipart/form-data"
        >
          {/* The id is chosen with the form, so that a form sent twice creates one job. */}
          <input type="hidden" name="job_id" value={form.values["job_id"] ?? newId("job", c.get("now"))} />
          <ListFields form={form} count={refs.length} />
          <Radios form={form} name="action" label="Action" options={actions} fallback={fallback} />
          <div class="for-product">
            <Select form={form} name="product_code" label="Product" options={options} />
          </div>
          <div class="for-grant">
            <GrantTerms form={form} zone={zone} />
          </div>
          <div class="for-adjust">
            <Radios form={form} name="how" label="Change" options={adjustments} fallback="add" />
            <Field
              form={form}
              name="adjust_units"
              label="Units to adjust"
              required={false}
              inputmode="numeric"
            />
          </div>
          <ReasonFields
            form={form}
            placeholder="Incident 28: outage of the API"
            hint="Shown in each customer's timeline and in the audit log."
          />
          <FieldError form={form} name="" />
          <div class="row">
            <button class="button primary" type="submit">
              Preview changes
            </button>
            <a class="button" href={buildPath(c, "/customers")}>
              Cancel
            </a>
          </div>
        </form>
      </Card>
    </>,
  );
}

/** The list: open when nothing is selected yet, else behind a summary. */
function ListFields({ form, count }: { form: FormState; count: number }) {
  const error = form.errors["refs"];
  return (
    <details class="field list-field" open={count === 0 || error !== undefined}>
      <summary>{count === 0 ? "Customers" : `${formatCustomers(count)} selected`}</summary>
      <div class="field">
        <label for="refs">List of customers</label>
        <textarea
          id="refs"
          name="refs"
          class="mono"
          rows={8}
          aria-describedby="refs-hint"
          aria-invalid={error === undefined ? undefined : "true"}
        >
          {form.values["refs"] ?? ""}
        </textarea>
        <p class="hint" id="refs-hint">
          One <code>subject_ref</code> per line, or CSV with a column named <code>subject_ref</code>. Up to
          1,000.
        </p>
        <FieldError form={form} name="refs" />
      </div>
      <div class="field">
        <label for="file">
          Or upload a file<span class="quiet"> (optional)</span>
        </label>
        <input id="file" name="file" type="file" accept=".csv,.txt,.tsv,text/csv,text/plain" />
      </div>
    </details>
  );
}
