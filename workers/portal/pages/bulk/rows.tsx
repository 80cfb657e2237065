import { type BulkRowState, bulkRowStates } from "../../../../shared/contract/operations/bulk-jobs.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import type { BulkJobRow } from "../../../../shared/db/bulk-jobs.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { bulkRowLabels } from "../../components/labels/bulk.ts";
import { formatCount } from "../../components/labels/common.ts";
import { denialLabels } from "../../components/labels/customer.ts";
import { Card, Empty, NextPage, Pill } from "../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../components/table.tsx";
import { Tabs } from "../../components/tabs.tsx";
import type { BulkJobPage } from "../../db/bulk-jobs.ts";
import { buildCustomerPath, buildPath, type PortalContext } from "../../request-context.ts";
import type { BulkTotals } from "./totals.ts";

export const rowsPerPage = 100;

interface RowsQuery {
  state: BulkRowState | null;
  /** The position of the last customer of the page before. */
  after: number;
}

/** A state or page that no link has lists all customers from the first. */
export function readRowsQuery(c: PortalContext): RowsQuery {
  const after = parseWholeNumber(c.req.query("after") ?? "");
  return {
    state: bulkRowStates.find((state) => state === c.req.query("show")) ?? null,
    after: Number.isNaN(after) ? -1 : after,
  };
}

/** Lists the customers of the job with their results, in the order of the operator's list. */
export function ResultRows({
  c,
  page: { job, rows, hasMore },
  totals,
  query,
}: {
  c: PortalContext;
  page: BulkJobPage;
  totals: BulkTotals;
  query: RowsQuery;
}) {
  const path = buildPath(c, `/bulk/${job.jobId}`);
  const last = rows.at(-1);
  const next =
    hasMore && last !== undefined
      ? `${path}?${new URLSearchParams({ ...(query.state === null ? {} : { show: query.state }), after: String(last.position) })}`
      : null;
  const states = bulkRowStates.filter((state) => totals.states[state] > 0);
  return (
    <Card>
      <Tabs
        label="Customers by result"
        tabs={[
          { label: "All", href: path, isCurrent: query.state === null, count: formatCount(totals.all) },
          ...states.map((state) => ({
            label: bulkRowLabels[state].label,
            href: `${path}?show=${state}`,
            isCurrent: query.state === state,
            count: formatCount(totals.states[state]),
          })),
        ]}
      />
      {rows.length === 0 ? (
        <Empty title="No customers here">
          <p>The job has no customer with this result.</p>
        </Empty>
      ) : (
        <Table
          label="Results"
          class="results"
          columns={["Customer", "Result", "Access", numberColumn("Units"), "Details"]}
        >
          {rows.map((row) => (
            <ResultRow c={c} row={row} />
          ))}
        </Table>
      )}
      <NextPage href={next} shown={rows.length} />
    </Card>
  );
}

const nameAccess = (access: string) =>
  access === "allowed"
    ? "Allowed"
    : `Denied, ${(denialLabels as Readonly<Record<string, string>>)[access] ?? access}`;

function ResultRow({ c, row }: { c: PortalContext; row: BulkJobRow }) {
  const { subjectRef, state, before, after, units, message, sequence } = row;
  const { label, tone } = bulkRowLabels[state];
  return (
    <Row>
      <Cell class="wrap">
        <bdi>
          <CustomerLink c={c} subjectRef={subjectRef} otherwise="Erased customer" />
        </bdi>
      </Cell>
      <Cell>
        <Pill tone={tone}>{label}</Pill>
      </Cell>
      <Cell>
        {before === null || after === null ? (
          <span class="quiet">—</span>
        ) : before === after ? (
          `${nameAccess(before)}`
        ) : (
          <>
            {nameAccess(before)} → <b>{nameAccess(after)}</b>
          </>
        )}
      </Cell>
      <Cell>
        {units === null || units === 0 ? (
          <span class="quiet">—</span>
        ) : (
          `${units > 0 ? "+" : "−"}${formatCount(Math.abs(units))}`
        )}
      </Cell>
      <Cell class="wrap">
        {sequence === null || subjectRef === null ? null : (
          <a href={`${buildCustomerPath(c, subjectRef)}?done=${sequence}`}>Entry #{sequence}</a>
        )}{" "}
        {message}
      </Cell>
    </Row>
  );
}
