import { declarationOf } from "../../../../shared/contract/alerts.ts";
import { Icon, type IconName } from "../../components/icon.tsx";
import { formatCappedCount } from "../../components/labels/common.ts";
import { Elapsed, Time } from "../../components/time.tsx";
import type { Overview, UrgentAlert } from "../../db/overview.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";
import { buildAlertLinks } from "../inbox/links.ts";
import { listProblems, type Problem } from "./problems.ts";

interface AttentionProps {
  c: PortalContext;
  overview: Overview;
}

/** What needs an operator: the most urgent alerts of the inbox, and what no alert reports. */
export function Attention({ c, overview }: AttentionProps) {
  const now = c.get("now");
  const { openAlerts } = c.get("member");
  const { alerts } = overview;
  const reported = new Set(alerts.map(({ rule }) => rule));
  const problems = listProblems(overview, now).filter(({ rule }) => rule === null || !reported.has(rule));
  const inbox = (
    <a href={buildPath(c, "/inbox")}>
      Open inbox{openAlerts > 0 ? ` (${formatCappedCount(openAlerts)})` : ""}
    </a>
  );
  if (alerts.length + problems.length === 0)
    return (
      <p class="all-clear">
        <Icon name="circle-check" /> Nothing needs attention. {inbox}
      </p>
    );
  return (
    <section class="card attention">
      <header>
        <h2>Needs attention</h2>
        {inbox}
      </header>
      <ul>
        {problems
          .filter(({ tone }) => tone === "bad")
          .map((problem) => (
            <ProblemRow c={c} problem={problem} />
          ))}
        {alerts.map((alert) => (
          <AlertRow c={c} alert={alert} />
        ))}
        {problems
          .filter(({ tone }) => tone === "warn")
          .map((problem) => (
            <ProblemRow c={c} problem={problem} />
          ))}
      </ul>
    </section>
  );
}

const alertIcons: Record<number, { icon: IconName; tone: "bad" | "warn" | "quiet" }> = {
  1: { icon: "circle-x", tone: "bad" },
  2: { icon: "triangle-alert", tone: "warn" },
  3: { icon: "info", tone: "quiet" },
};

function AlertRow({ c, alert }: { c: PortalContext; alert: UrgentAlert }) {
  const { alertId, rule, urgency, cause, count, subjectRef, openedAt } = alert;
  const { object, action } = buildAlertLinks(c, alert);
  const { icon, tone } = alertIcons[urgency] ?? { icon: "info", tone: "quiet" };
  return (
    <li>
      <span class={tone}>
        <Icon name={icon} />
      </span>
      <div>
        <b id={`${alertId}-title`}>{declarationOf(rule).title}</b>
        <p class="quiet">
          {cause}{" "}
          {subjectRef === null ? null : (
            <a href={object.href}>
              <bdi>{subjectRef}</bdi>
            </a>
          )}
          {count > 1 ? ` · ${formatCappedCount(count)} affected` : null} · opened{" "}
          <Time at={openedAt} now={c.get("now")} />
        </p>
      </div>
      {action === null ? null : (
        <a class="button small" href={action.href} aria-describedby={`${alertId}-title`}>
          {action.label}
        </a>
      )}
    </li>
  );
}

function ProblemRow({ c, problem }: { c: PortalContext; problem: Problem }) {
  const { tone, title, text, since, action } = problem;
  return (
    <li>
      <span class={tone}>
        <Icon name={tone === "bad" ? "circle-x" : "triangle-alert"} />
      </span>
      <div>
        <b>{title}</b>
        <p class="quiet">
          {text}
          {since === null ? null : (
            <>
              {" "}
              For <Elapsed since={since} now={c.get("now")} />.
            </>
          )}
        </p>
      </div>
      {action === null ? null : (
        <a class="button small" href={buildPath(c, action.page)}>
          {action.label}
        </a>
      )}
    </li>
  );
}
