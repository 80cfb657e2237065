import type { ComparedAnswer } from "../../../../shared/contract/operations/shadow.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { formatCount } from "../../components/labels/common.ts";
import { Cell, Row, Table } from "../../components/table.tsx";
import type { PortalContext } from "../../request-context.ts";
import { Answer } from "./answer.tsx";

/** The most customers that a report lists. */
const maxListed = 200;

export type UploadReport =
  | { outcome: "problems"; problems: string[]; wrong: number }
  | { outcome: "compared"; compared: ComparedAnswer[]; doubled: number };

export function UploadResult({ c, report }: { c: PortalContext; report: UploadReport }) {
  if (report.outcome === "problems") return <Problems report={report} />;
  const { compared, doubled } = report;
  const differing = compared.filter(({ allowed, appAllowed }) => allowed !== appAllowed);
  const agreed = compared.length - differing.length;
  return (
    <>
      <div class={differing.length === 0 ? "notice good" : "notice"} role="status">
        <p>
          <b>
            {formatCount(agreed)} of {formatCount(compared.length)} answers agree.
          </b>{" "}
          {differing.length === 0
            ? "Licenzy answers as your app does."
            : `${formatCount(differing.length)} differ.`}
          {doubled === 0
            ? null
            : ` ${formatCount(doubled)} repeated ${doubled === 1 ? "line" : "lines"} ignored.`}
          {differing.length > maxListed ? ` The first ${maxListed} are listed.` : null}
        </p>
      </div>
      {differing.length === 0 ? null : (
        <Table label="Differing answers" columns={["Customer", "Your app", "Licenzy"]}>
          {differing.slice(0, maxListed).map(({ subjectRef, appAllowed, allowed, reason }) => (
            <Row>
              <Cell class="wrap">
                <CustomerLink c={c} subjectRef={subjectRef} />
              </Cell>
              <Cell>
                <Answer allowed={appAllowed} />
              </Cell>
              <Cell class="wrap">
                <Answer allowed={allowed} reason={reason} />
              </Cell>
            </Row>
          ))}
        </Table>
      )}
    </>
  );
}

function Problems({ report: { problems, wrong } }: { report: { problems: string[]; wrong: number } }) {
  return (
    <div class="notice bad" role="alert">
      <p>
        <b>The list has {wrong === 1 ? "a problem" : `${formatCount(wrong)} problems`}.</b> Nothing was
        compared. Correct the list, then compare again.
      </p>
      <ul>
        {problems.map((problem) => (
          <li>
            <bdi>{problem}</bdi>
          </li>
        ))}
      </ul>
      {wrong > problems.length ? <p>{formatCount(wrong - problems.length)} more are not listed.</p> : null}
    </div>
  );
}
