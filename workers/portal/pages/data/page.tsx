import { newId } from "../../../../shared/kit/ids.ts";
import { ActionButton } from "../../components/fields.tsx";
import { JobStatus } from "../../components/job.tsx";
import { formatCount } from "../../components/labels/common.ts";
import { subjectJobLabels } from "../../components/labels/data-check.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Empty, PageHead } from "../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../components/table.tsx";
import { FullTime, Time } from "../../components/time.tsx";
import { listSubjectJobs } from "../../db/subject-jobs.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";

const maxJobs = 20;

type Jobs = Awaited<ReturnType<typeof listSubjectJobs>>;

/** Lists the data checks of the project and mode. Verifies all customers, or repairs their D1 copies. */
export async function showData(c: PortalContext) {
  const jobs = await listSubjectJobs(getData(c), getScope(c), maxJobs);
  const running = jobs.find(({ status }) => status === "running");
  return renderPage(
    c,
    { title: "Data integrity" },
    <>
      <PageHead title="Data integrity" lead="Verify that search data matches the ledger." />
      {running === undefined ? <Start c={c} /> : <Running c={c} job={running} />}
      <LastRuns c={c} jobs={jobs} />
    </>,
  );
}

function Start({ c }: { c: PortalContext }) {
  return (
    <div class="pair">
      <Choice c={c} kind="verify">
        Adds up each ledger and compares the result with the customer's state and with the search data.
        Changes nothing.
      </Choice>
      <Choice c={c} kind="resync">
        Also rebuilds the search data from the ledgers. Use it after a database restore, or when a check found
        differences. No customer's access changes.
      </Choice>
    </div>
  );
}

function Choice({ c, kind, children }: { c: PortalContext; kind: "verify" | "resync"; children?: string }) {
  return (
    <Card title={subjectJobLabels[kind]} pad>
      <p>{children}</p>
      <div>
        <ActionButton
          action={buildPath(c, "/data")}
          label={kind === "verify" ? "Verify all customers" : "Rebuild search data"}
          // The id is chosen with the form, so that a form sent twice is one job.
          fields={{ job_id: newId("job", c.get("now")), kind }}
          tone={kind === "verify" ? "primary" : ""}
          small={false}
        />
      </div>
    </Card>
  );
}

function Running({ c, job }: { c: PortalContext; job: Jobs[number] }) {
  const { jobId, kind, done, total, createdAt } = job;
  return (
    <div class="notice">
      <p>
        <b>“{subjectJobLabels[kind]}” is running:</b> {formatCount(done)} of {formatCount(total)}, started{" "}
        <Time at={createdAt} now={c.get("now")} />. <a href={buildPath(c, `/data/${jobId}`)}>View progress</a>
      </p>
      <p class="quiet">Start another run when it has finished.</p>
    </div>
  );
}

function LastRuns({ c, jobs }: { c: PortalContext; jobs: Jobs }) {
  if (jobs.length === 0)
    return (
      <Card title="Last runs">
        <Empty title="No run yet">
          <p>Each run is listed here for 30 days, with affected customers.</p>
        </Empty>
      </Card>
    );
  return (
    <Card
      title="Last runs"
      note={jobs.length === maxJobs ? `Latest ${maxJobs}, kept for 30 days` : "Kept for 30 days"}
    >
      <Table
        label="Last runs"
        columns={[
          "Run",
          numberColumn("With faults"),
          numberColumn("Not checked"),
          numberColumn("Customers"),
          "Status",
        ]}
      >
        {jobs.map(({ jobId, kind, createdAt, actorName, done, total, faulty, unreached, status }) => (
          <Row>
            <Cell class="wrap">
              <a href={buildPath(c, `/data/${jobId}`)}>{subjectJobLabels[kind]}</a>
              <small class="quiet">
                <FullTime at={createdAt} now={c.get("now")} /> by {actorName}
              </small>
            </Cell>
            <Cell>{faulty === 0 ? "0" : <b>{formatCount(faulty)}</b>}</Cell>
            <Cell>{formatCount(unreached)}</Cell>
            <Cell>
              {formatCount(done)}
              {done === total ? null : <span class="quiet"> of {formatCount(total)}</span>}
            </Cell>
            <Cell>
              <JobStatus status={status} />
            </Cell>
          </Row>
        ))}
      </Table>
    </Card>
  );
}
