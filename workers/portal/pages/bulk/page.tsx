import { createBulkJob } from "../../../../shared/contract/operations/bulk-jobs.ts";
import { mayRun } from "../../auth/may-run.ts";
import { bulkStatusLabels, nameBulkAction } from "../../components/labels/bulk.ts";
import { formatCount } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Empty, PageHead, Pill } from "../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { listBulkJobs } from "../../db/bulk-jobs.ts";
import { buildPath, getDatabases, getScope, type PortalContext } from "../../request-context.ts";

const maxJobs = 50;

/** Lists the jobs of the project and mode. */
export async function showBulkJobs(c: PortalContext) {
  const { jobs, products } = await listBulkJobs(getDatabases(c), getScope(c), maxJobs);
  const names = new Map(products.map(({ productCode, name }) => [productCode, name]));
  return renderPage(
    c,
    { title: "Bulk actions" },
    <>
      <PageHead
        title="Bulk actions"
        lead={
          <>
            <a href={buildPath(c, "/customers")}>Customers</a> / Jobs are kept for 30 days
          </>
        }
      >
        {mayRun(c, createBulkJob) ? (
          <a class="button primary" href={buildPath(c, "/bulk/new")}>
            New bulk action
          </a>
        ) : undefined}
      </PageHead>
      <Card>
        {jobs.length === 0 ? (
          <Empty title="No bulk actions yet">
            <p>
              Grant, adjust, revoke, retry or sync up to 1,000 customers at once. You can undo the whole job.
            </p>
            <a class="button" href={buildPath(c, "/customers")}>
              Select customers
            </a>
          </Empty>
        ) : (
          <Table
            label="Bulk actions"
            columns={["Action", numberColumn("Customers"), numberColumn("Done"), "Status"]}
          >
            {jobs.map(({ jobId, action, status, operatorName, note, createdAt, total, done }) => (
              <Row>
                <Cell class="wrap">
                  <a href={buildPath(c, `/bulk/${jobId}`)}>{nameBulkAction(action, names)}</a>
                  <small class="quiet">
                    <Time at={createdAt} now={c.get("now")} /> by {operatorName} · {note}
                  </small>
                </Cell>
                <Cell>{formatCount(total)}</Cell>
                <Cell>{formatCount(done)}</Cell>
                <Cell>
                  <Pill tone={bulkStatusLabels[status].tone}>{bulkStatusLabels[status].label}</Pill>
                </Cell>
              </Row>
            ))}
          </Table>
        )}
      </Card>
    </>,
  );
}
