import { ActionButton } from "../../../components/fields.tsx";
import { Card } from "../../../components/parts.tsx";
import { buildPath, buildProjectPath, type PortalContext } from "../../../request-context.ts";
import type { CustomerPage } from "../load.ts";
import { diagnose } from "./diagnose.ts";
import type { CauseAction, LikelyCause } from "./likely-cause.ts";

/** Lists the likely causes, the likeliest first. Computed each time the page is opened. */
export function Diagnosis({ c, page, canAct }: { c: PortalContext; page: CustomerPage; canAct: boolean }) {
  const { customer, lists, past } = page;
  return (
    <Card
      id="diagnosis"
      title="Diagnosis"
      note={past === null ? "Checked just now" : "Of now, whatever moment is shown above"}
    >
      <ol class="rows">
        {diagnose(customer, lists).map((cause, index) => (
          <li class="cause">
            <div>
              <b>{cause.title}</b>
              <p class="quiet">{cause.text}</p>
            </div>
            <Actions
              c={c}
              subjectRef={customer.subjectRef}
              cause={cause}
              isFirst={index === 0}
              canAct={canAct}
            />
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Actions({
  c,
  subjectRef,
  cause,
  isFirst,
  canAct,
}: {
  c: PortalContext;
  subjectRef: string;
  cause: LikelyCause;
  isFirst: boolean;
  canAct: boolean;
}) {
  // Hides actions that the operator's role does not allow.
  const open = cause.actions.filter((action) => canAct || !needsSupport(action));
  if (open.length < cause.actions.length && open.length === 0)
    return <p class="quiet">Somebody with the role support can act.</p>;
  return (
    <div class="row">
      {open.map((action, index) => (
        <ActionLink c={c} subjectRef={subjectRef} action={action} isPrimary={isFirst && index === 0} />
      ))}
    </div>
  );
}

const needsSupport = (action: CauseAction): boolean =>
  "form" in action || action.page.startsWith("./") || action.page.startsWith("/deliveries/requeue");

function ActionLink({
  c,
  subjectRef,
  action,
  isPrimary,
}: {
  c: PortalContext;
  subjectRef: string;
  action: CauseAction;
  isPrimary: boolean;
}) {
  if ("form" in action)
    return (
      <ActionButton
        action={buildPath(c, action.form)}
        label={action.label}
        fields={{ subject_ref: subjectRef }}
        tone={isPrimary ? "primary" : ""}
      />
    );
  const { page, mode = c.get("mode") } = action;
  const path = page.startsWith(".") ? `/customers/${encodeURIComponent(subjectRef)}${page.slice(1)}` : page;
  return (
    <a
      class={isPrimary ? "button primary small" : "button small"}
      href={buildProjectPath(c.get("project").projectId, mode, path)}
    >
      {action.label}
    </a>
  );
}
