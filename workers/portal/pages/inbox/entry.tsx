import { type AlertUrgency, declarationOf } from "../../../../shared/contract/alerts.ts";
import { formatCappedCount } from "../../components/labels/common.ts";
import { LookAlikeMark } from "../../components/look-alike.tsx";
import { Pill, type Tone } from "../../components/parts.tsx";
import { Ref } from "../../components/ref.tsx";
import { FullTime, Time } from "../../components/time.tsx";
import type { InboxItem, InboxPerson, InboxView } from "../../db/alerts.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";
import { buildAlertLinks } from "./links.ts";

const urgencyLabels: Record<AlertUrgency, { label: string; tone: Tone }> = {
  1: { label: "Urgent", tone: "bad" },
  2: { label: "Soon", tone: "warn" },
  3: { label: "Routine", tone: "" },
};

interface EntryProps {
  c: PortalContext;
  alert: InboxItem;
  view: InboxView;
  people: InboxPerson[];
  canAct: boolean;
}

/** One alert: its cause, since when, the page of its object, and what an operator can do. */
export function InboxEntry({ c, alert, view, people, canAct }: EntryProps) {
  const { alertId, rule, urgency, cause, count, subjectRef, resolvedAt } = alert;
  const { title } = declarationOf(rule);
  const { label, tone } = urgencyLabels[urgency as AlertUrgency];
  const { object, action } = buildAlertLinks(c, alert);
  const titleId = `${alertId}-title`;
  return (
    <li class="inbox-entry" id={alertId}>
      <div class="inbox-cause">
        <h2 id={titleId}>
          {title} {resolvedAt === null ? <Pill tone={tone}>{label}</Pill> : null}
        </h2>
        <p>
          {cause}{" "}
          <a href={object.href}>{subjectRef === null ? object.label : <Ref value={object.label} />}</a>
          {subjectRef === null ? null : <LookAlikeMark subjectRef={subjectRef} />}
          {count > 1 ? <span class="quiet"> · {formatCappedCount(count)} affected</span> : null}
        </p>
        <EntryState alert={alert} now={c.get("now")} />
      </div>
      {resolvedAt === null ? (
        <div class="inbox-actions">
          {action === null ? null : (
            <a class="button small" href={action.href} aria-describedby={titleId}>
              {action.label}
            </a>
          )}
          {canAct ? <Manage c={c} alert={alert} view={view} people={people} titleId={titleId} /> : null}
        </div>
      ) : null}
    </li>
  );
}

function EntryState({ alert, now }: { alert: InboxItem; now: number }) {
  const { openedAt, resolvedAt, doneAt, lastActorName, snoozedUntil, assignedName } = alert;
  return (
    <p class="quiet">
      Opened <FullTime at={openedAt} now={now} />
      {assignedName === null ? null : <> · Assigned to {assignedName}</>}
      {resolvedAt === null && snoozedUntil !== null && snoozedUntil > now ? (
        <>
          {" "}
          · Snoozed until <FullTime at={snoozedUntil} now={now} />
        </>
      ) : null}
      {resolvedAt === null ? null : (
        <>
          {" "}
          · {doneAt === null ? "Resolved automatically" : `Marked done by ${lastActorName}`}{" "}
          <Time at={resolvedAt} now={now} />
        </>
      )}
    </p>
  );
}

/** Values are in hours. */
const snoozes = [
  { value: "1", label: "1 hour" },
  { value: "4", label: "4 hours" },
  { value: "24", label: "1 day" },
  { value: "168", label: "7 days" },
  { value: "720", label: "30 days" },
];

function Manage({
  c,
  alert,
  view,
  people,
  titleId,
}: Pick<EntryProps, "c" | "alert" | "view" | "people"> & { titleId: string }) {
  const { alertId, rule, version, assignedTo, snoozedUntil } = alert;
  const path = (action: string) => buildPath(c, `/inbox/${alertId}/${action}`);
  const isSnoozed = snoozedUntil !== null && snoozedUntil > c.get("now");
  const hidden = (
    <>
      <input type="hidden" name="version" value={String(version)} />
      <input type="hidden" name="view" value={view} />
    </>
  );
  return (
    <details class="inbox-manage">
      <summary class="button small" aria-describedby={titleId}>
        Manage alert
      </summary>
      <div class="inbox-forms">
        <form method="post" action={path("assign")}>
          {hidden}
          <select name="operator_id" aria-label="Assign to" aria-describedby={titleId}>
            <option value="">No one</option>
            {people.map(({ operatorId, name }) => (
              <option value={operatorId} selected={operatorId === assignedTo}>
                {name}
              </option>
            ))}
          </select>
          <button class="button small" type="submit">
            Assign alert
          </button>
        </form>
        <form method="post" action={path("snooze")}>
          {hidden}
          {isSnoozed ? (
            <button class="button small" type="submit" name="hours" value="0">
              End snooze
            </button>
          ) : (
            <>
              <select name="hours" aria-label="Snooze for" aria-describedby={titleId}>
                {snoozes.map(({ value, label }) => (
                  <option value={value}>{label}</option>
                ))}
              </select>
              <button class="button small" type="submit">
                Snooze alert
              </button>
            </>
          )}
        </form>
        {declarationOf(rule).kind === "incident" ? (
          <form method="post" action={path("finish")}>
            {hidden}
            <button class="button small" type="submit">
              Mark as done
            </button>
          </form>
        ) : (
          <p class="hint">Closes automatically when its cause ends.</p>
        )}
      </div>
    </details>
  );
}
