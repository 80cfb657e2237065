import {
  copyProduct,
  type ProductTerms,
  previewCopy,
} from "../../../../shared/contract/operations/copy-product.ts";
import type { OperatorReply } from "../../../../shared/contract/operations/reply.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { Field, FieldError, type FormState, SubmitButton } from "../../components/fields.tsx";
import { kindLabels } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Id, PageHead } from "../../components/parts.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { Cell, Row, Table } from "../../components/table.tsx";
import { callOperation, toHttpStatus, toRefusedForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildPath, type Form, type PortalContext } from "../../request-context.ts";
import { describeCheckout } from "../products/checkout-fields.tsx";
import { formatPrice } from "../products/form.tsx";
import { describeGrant, describeSignals } from "./describe.ts";

const fieldNames = { stripePriceId: "price" };
const codeOf = (c: PortalContext) => c.req.param("code") ?? "";

export const showCopy = (c: PortalContext) => renderCopy(c);

/** Shows a test product next to its live twin, with a form for the live price. */
async function renderCopy(c: PortalContext, sent?: FormState, status: 200 | 409 | 422 | 502 = 200) {
  const productCode = codeOf(c);
  const reply = await callOperation(c, previewCopy, { productCode });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  const { test, live, prices, suggestedPriceId } = reply;
  const price = live?.stripePriceId ?? suggestedPriceId ?? "";
  const form = sent ?? { values: { price }, errors: {} };
  const suggested = prices.find(({ priceId }) => priceId === suggestedPriceId);
  return renderPage(
    c,
    { title: `Copy ${productCode} to live`, status },
    <>
      <PageHead
        title={`Copy ${productCode} to live`}
        lead={<a href={buildPath(c, "/go-live")}>Go-live checklist</a>}
      />
      <Card title="Terms">
        <Table
          label="Terms"
          columns={["Mode", "Name", "Kind", "Grants", "Checkout", "Signals", "Stripe price"]}
        >
          <TermsRow mode="Test" terms={test} />
          {live === null ? null : <TermsRow mode="Live now" terms={live} />}
        </Table>
      </Card>
      <Card title="Live price" pad>
        <form
          method="post"
          action={buildPath(c, `/go-live/copy/${productCode}`)}
          class="form"
          data-confirm=""
        >
          <input type="hidden" name="test_version" value={String(test.updatedAt)} />
          <input type="hidden" name="live_version" value={live === null ? "" : String(live.updatedAt)} />
          <Field
            form={form}
            name="price"
            label="Price in Stripe"
            mono
            placeholder="price_…"
            list="prices"
            autocomplete="off"
            hint={
              live === null && suggested !== undefined
                ? `Suggested: ${formatPrice(suggested)}, as in test mode. Prices differ per mode.`
                : prices.length === 0
                  ? "No free live price is paid like this. Create one in Stripe, then paste its ID."
                  : "Choose a live price, or paste its ID. Licenzy checks it in Stripe."
            }
          />
          <datalist id="prices">
            {prices.map((each) => (
              <option value={each.priceId}>{formatPrice(each)}</option>
            ))}
          </datalist>
          <FieldError form={form} name="" />
          <div class="row">
            <SubmitButton>Copy product to live</SubmitButton>
            <a class="button" href={buildPath(c, "/go-live")}>
              Cancel
            </a>
          </div>
        </form>
      </Card>
    </>,
  );
}

function TermsRow({ mode, terms }: { mode: string; terms: ProductTerms }) {
  return (
    <Row>
      <Cell>{mode}</Cell>
      <Cell class="wrap">{terms.name}</Cell>
      <Cell>{kindLabels[terms.kind]}</Cell>
      <Cell class="wrap">{describeGrant(terms)}</Cell>
      <Cell class="wrap">{describeCheckout(terms.checkout)}</Cell>
      <Cell class="wrap">{describeSignals(terms.signals)}</Cell>
      <Cell>
        <Id value={terms.stripePriceId} />
      </Cell>
    </Row>
  );
}

/** A live product that exists gets other terms: new sales change at once. A new one changes nothing yet. */
export function confirmCopy(c: PortalContext, form: Form): Confirmation | null {
  if (readField(form, "live_version") === "") return null;
  return {
    title: `Replace the terms of ${codeOf(c)} in live mode?`,
    text: "New purchases get the terms and checkout settings of test mode. Customers who bought it keep theirs. Signals change for all customers, and included units with each subscriber's next window.",
    button: "Copy product to live",
    back: buildPath(c, "/go-live"),
  };
}

const changes = {
  created: "is created in live mode.",
  edited: "has the terms of test mode in live mode.",
  none: "has these terms in live mode already.",
};

export async function copyToLive(c: PortalContext) {
  const form = await readForm(c);
  const productCode = codeOf(c);
  const live = readField(form, "live_version");
  const reply = await callOperation(c, copyProduct, {
    productCode,
    stripePriceId: readField(form, "price"),
    testVersion: parseWholeNumber(readField(form, "test_version")),
    liveVersion: live === "" ? null : parseWholeNumber(live),
  });
  if (reply.outcome === "done") {
    const { change, missingTwin } = reply;
    const later =
      missingTwin === null
        ? ""
        : ` ${missingTwin}, which it sells instead, isn't sold in live mode yet: copy it, then copy ${productCode} again.`;
    return redirectWith(c, buildPath(c, "/go-live"), `${productCode} ${changes[change]}${later}`);
  }
  return showRefusal(c, reply, form);
}

function showRefusal(c: PortalContext, reply: Extract<OperatorReply, { outcome: "refused" }>, form: Form) {
  const status = toHttpStatus(reply);
  if (status !== 409 && status !== 422 && status !== 502) return renderRefusalPage(c, reply);
  return renderCopy(c, toRefusedForm({ price: readField(form, "price") }, reply, fieldNames), status);
}
