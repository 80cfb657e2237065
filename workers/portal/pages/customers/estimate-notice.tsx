import { startSubjectJob } from "../../../../shared/contract/operations/data-check.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import { mayRun } from "../../auth/may-run.ts";
import { ActionButton } from "../../components/fields.tsx";
import { subjectJobLabels } from "../../components/labels/data-check.ts";
import type { CustomerListItem } from "../../db/customers.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";

/** Says that an update of Licenzy estimated rows of this page, and offers to write them exactly. */
export function EstimateNotice({ c, customers }: { c: PortalContext; customers: CustomerListItem[] }) {
  const count = customers.filter(({ segments }) => segments === null).length;
  if (count === 0) return null;
  return (
    <div class="list-notice" role="status">
      <p>
        <b>
          {count} row{count === 1 ? " is" : "s are"} estimated since the last update of Licenzy.
        </b>{" "}
        Access checks are exact. {mayRun(c, startSubjectJob) ? null : "An admin can rebuild the search data."}
      </p>
      {mayRun(c, startSubjectJob) ? (
        <ActionButton
          action={buildPath(c, "/data")}
          // The id is chosen with the form, so that a form sent twice is one job.
          fields={{ job_id: newId("job", c.get("now")), kind: "resync" }}
          label={subjectJobLabels.resync}
        />
      ) : null}
    </div>
  );
}
