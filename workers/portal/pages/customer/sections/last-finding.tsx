import type { FindingClass } from "../../../../../shared/contract/operations/access-audits.ts";
import { findingLabels } from "../../../components/labels/access-audit.ts";
import { Time } from "../../../components/time.tsx";
import type { CustomerLists } from "../../../db/customer.ts";
import { buildPath, type PortalContext } from "../../../request-context.ts";

/** Says that the last access audit disagreed. What happened since may have resolved it. */
export function LastFinding({ c, finding }: { c: PortalContext; finding: CustomerLists["finding"] }) {
  if (finding === null) return null;
  const { auditId, diagnosis, foundAt } = finding;
  const { label, tone } = findingLabels[finding.class as FindingClass];
  return (
    <div class={tone === "" ? "notice" : `notice ${tone}`}>
      <p>
        <b>Access audit: {label}.</b> {diagnosis}{" "}
        <span class="quiet">
          Found <Time at={foundAt} now={c.get("now")} />.
        </span>{" "}
        <a href={buildPath(c, `/access-audit/${auditId}`)}>View audit</a>
      </p>
    </div>
  );
}
