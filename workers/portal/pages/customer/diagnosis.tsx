import { Card } from "../../components/parts.tsx";
import { customerPath, type PortalContext, pathTo } from "../../request-context.ts";
import { diagnose } from "./diagnose.ts";
import type { Finding } from "./finding.ts";
import type { CustomerPage } from "./load.ts";

/** The likely cause first. It is made anew each time the page is opened. */
export function Diagnosis({ c, page, mayAct }: { c: PortalContext; page: CustomerPage; mayAct: boolean }) {
  const { customer, lists } = page;
  return (
    <Card id="diagnosis" title="Diagnosis">
      <ol class="rows">
        {diagnose(customer, lists).map((finding, index) => (
          <li class="finding">
            <div>
              <b>{finding.title}</b>
              <p class="quiet">{finding.text}</p>
            </div>
            <Action
              c={c}
              subjectRef={customer.subjectRef}
              finding={finding}
              isFirst={index === 0}
              mayAct={mayAct}
            />
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Action({
  c,
  subjectRef,
  finding: { action },
  isFirst,
  mayAct,
}: {
  c: PortalContext;
  subjectRef: string;
  finding: Finding;
  isFirst: boolean;
  mayAct: boolean;
}) {
  if (action === null) return null;
  // Who may only look is not shown the way to a form that would refuse them.
  if (!mayAct && action.page.startsWith("./"))
    return <p class="quiet">Somebody with the role support can act.</p>;
  const href = action.page.startsWith(".")
    ? customerPath(c, subjectRef, action.page.slice(1))
    : pathTo(c, action.page);
  return (
    <div>
      <a class={isFirst ? "button primary small" : "button small"} href={href}>
        {action.label}
      </a>
    </div>
  );
}
