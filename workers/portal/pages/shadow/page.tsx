import { clearShadow, compareAccess } from "../../../../shared/contract/operations/shadow.ts";
import { maxShadowRows } from "../../../../shared/db/tables/shadow.ts";
import { mayRun } from "../../auth/may-run.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { ActionButton, emptyForm, type FormState } from "../../components/fields.tsx";
import { formatCount } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, CopyButton, Empty, NextPage, PageHead } from "../../components/parts.tsx";
import { Cell, Row, Table } from "../../components/table.tsx";
import { TimeCell } from "../../components/time.tsx";
import { readShadow, type ShadowCursor, type ShadowItem, type ShadowReport } from "../../db/shadow.ts";
import { buildPath, getData, getOrigin, getScope, type PortalContext } from "../../request-context.ts";
import { Answer } from "./answer.tsx";
import { UploadCard } from "./upload-card.tsx";
import type { UploadReport } from "./upload-report.tsx";

const perPage = 50;

export const showShadow = (c: PortalContext) => renderShadowPage(c);

interface ShadowPageOptions {
  form?: FormState;
  /** The result of an upload, which is shown once. */
  report?: UploadReport;
  status?: 200 | 422;
}

/** Shows where an app's own answers differ from Licenzy's, before the app is switched over. */
export async function renderShadowPage(
  c: PortalContext,
  { form = emptyForm, report, status = 200 }: ShadowPageOptions = {},
) {
  const given = c.req.query("before");
  const before = given === undefined ? null : parseCursor(given);
  const isValid = given === undefined || before !== null;
  const page = { before, limit: perPage + 1, now: c.get("now") };
  const shadow = await readShadow(getData(c), getScope(c), page);
  const items = isValid ? shadow.items.slice(0, perPage) : [];
  const last = items.at(-1);
  const next =
    isValid && shadow.items.length > perPage && last !== undefined
      ? `${buildPath(c, "/shadow")}?before=${encodeURIComponent(`${last.at}.${last.subjectRef}`)}`
      : null;
  return renderPage(
    c,
    { title: "Shadow", status: isValid ? status : 422 },
    <>
      <PageHead title="Shadow" lead="Compare your app's own answers with Licenzy's before you switch.">
        {mayRun(c, clearShadow) && shadow.listed > 0 ? (
          <ActionButton action={buildPath(c, "/shadow/clear")} label="Clear list…" confirms small={false} />
        ) : null}
      </PageHead>
      {isValid ? null : (
        <p class="fault" role="alert">
          This page of the list does not exist. <a href={buildPath(c, "/shadow")}>View the newest</a>
        </p>
      )}
      <Counts shadow={shadow} />
      <Card title="Latest disagreements" note="One per customer, kept for 30 days">
        {items.length === 0 ? (
          <Nothing c={c} shadow={shadow} />
        ) : (
          <Table
            label="Latest disagreements"
            columns={["Customer", "Your app", "Licenzy", "Licenzy now", "When"]}
          >
            {items.map((item) => (
              <DisagreementRow c={c} item={item} />
            ))}
          </Table>
        )}
        <NextPage href={next} shown={items.length} />
      </Card>
      {mayRun(c, compareAccess) ? <UploadCard c={c} form={form} report={report} /> : null}
    </>,
  );
}

function parseCursor(text: string): ShadowCursor | null {
  const [, at, subjectRef] = /^(\d{1,16})\.(.+)$/s.exec(text) ?? [];
  return at === undefined || subjectRef === undefined ? null : { at: Number(at), subjectRef };
}

function Counts({ shadow: { agreed, disagreed, listed } }: { shadow: ShadowReport }) {
  const total = agreed + disagreed;
  // Never 100% while anything disagreed.
  const percent = total === 0 ? null : Math.floor((agreed / total) * 1_000) / 10;
  return (
    <Card title="Shadow checks" note="Last 30 days, approximate" pad>
      <dl class="facts">
        <dt>Agreed</dt>
        <dd class="num">
          {formatCount(agreed)} {percent === null ? null : <span class="quiet">· {percent}%</span>}
        </dd>
        <dt>Disagreed</dt>
        <dd class="num">{formatCount(disagreed)}</dd>
        <dt>Customers listed</dt>
        <dd class="num">
          {formatCount(listed)}{" "}
          {listed >= maxShadowRows ? (
            <span class="quiet">· The list is full. Further customers are counted only. Clear the list.</span>
          ) : null}
        </dd>
      </dl>
    </Card>
  );
}

function Nothing({ c, shadow: { agreed, disagreed } }: { c: PortalContext; shadow: ShadowReport }) {
  if (agreed + disagreed > 0)
    return (
      <Empty title="No disagreements listed">
        <p>Customers with different answers appear here within 10 seconds.</p>
      </Empty>
    );
  const command = [
    `curl ${getOrigin(c)}/v1/access/shadow`,
    `-H 'Authorization: Bearer lz_${c.get("mode")}_YOUR_API_KEY'`,
    "-H 'Content-Type: application/json'",
    `-d '{"subject_ref":"user_1","allowed":true}'`,
  ].join(" \\\n  ");
  return (
    <Empty title="No shadow checks yet">
      <p>
        Keep your own access rule, and send each of its answers to Licenzy. Customers with different answers
        appear here.
      </p>
      <div class="command">
        <pre>{command}</pre>
        <CopyButton value={command} name="command" />
      </div>
    </Empty>
  );
}

function DisagreementRow({ c, item }: { c: PortalContext; item: ShadowItem }) {
  const { subjectRef, appAllowed, reason, at, accessNow } = item;
  return (
    <Row>
      <Cell class="wrap">
        <CustomerLink c={c} subjectRef={subjectRef} />
      </Cell>
      <Cell>
        <Answer allowed={appAllowed} />
      </Cell>
      <Cell>
        <Answer allowed={!appAllowed} reason={reason} />
      </Cell>
      <Cell>
        {accessNow === null ? (
          <span class="quiet">Not a customer</span>
        ) : (
          <Answer allowed={accessNow === "allowed"} />
        )}
      </Cell>
      <Cell>
        <TimeCell at={at} now={c.get("now")} />
      </Cell>
    </Row>
  );
}
