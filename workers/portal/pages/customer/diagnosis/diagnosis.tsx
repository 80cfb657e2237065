import { ActionButton } from "../../../components/fields.tsx";
import { formatMoney } from "../../../components/labels/common.ts";
import { formatShortDay } from "../../../components/time.tsx";
import { getZone } from "../../../http/zone-cookie.ts";
import { buildPath, buildProjectPath, type PortalContext } from "../../../request-context.ts";
import type { CustomerPage } from "../load.ts";
import { toRead } from "../profile.tsx";
import { diagnose } from "./diagnose.ts";
import type { CauseAction, LikelyCause } from "./likely-cause.ts";

/** Lists the likely causes with their fixes, the likeliest first. Computed each time the page is opened. */
export function Diagnosis({ c, page, canAct }: { c: PortalContext; page: CustomerPage; canAct: boolean }) {
  const { customer, lists } = page;
  const causes = diagnose(customer, { ...lists, failedPayment: describeFailure(c, page) });
  return (
    <ol class="causes" id="diagnosis" aria-label="Suggested fixes">
      {causes.map((cause, index) => (
        <li>
          {cause.cause === "all_well" ? (
            <p class="quiet">{cause.title}.</p>
          ) : (
            <p>
              <b>{cause.title}.</b> {cause.text}
            </p>
          )}
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
  );
}

/** Says what Stripe tried to collect, why it failed, and when it tries again. */
function describeFailure(c: PortalContext, page: CustomerPage): string | null {
  const last = toRead(page.profile)?.payments[0];
  if (last === undefined || last.status !== "failed") return null;
  const { amount, currency, failure, nextRetryAt } = last;
  const why = failure === null ? "." : `: ${failure.replace(/\.?$/, ".")}`;
  const next =
    nextRetryAt === null
      ? ""
      : ` Stripe retries on ${formatShortDay(nextRetryAt, c.get("now"), getZone(c))}.`;
  return `Stripe couldn't collect ${formatMoney(amount, currency)}${why}${next}`;
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
    return <p class="quiet">You need the Support role to fix this.</p>;
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
      data-drawer={page.startsWith("./") ? "" : undefined}
    >
      {action.label}
    </a>
  );
}
