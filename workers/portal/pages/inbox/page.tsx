import { assignAlert } from "../../../../shared/contract/operations/alerts.ts";
import { mayRun } from "../../auth/may-run.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Empty, NextPage, PageHead } from "../../components/parts.tsx";
import { type InboxView, inboxViews, readInbox } from "../../db/alerts.ts";
import { readFilterQuery } from "../../http/query.ts";
import { buildPath, getDatabases, getScope, type PortalContext } from "../../request-context.ts";
import { InboxEntry } from "./entry.tsx";

const perPage = 50;

const viewLabels: Record<InboxView, string> = {
  open: "Open",
  mine: "Assigned to me",
  snoozed: "Snoozed",
  closed: "Closed",
};

const emptyTitles: Record<InboxView, string> = {
  open: "No open alerts",
  mine: "No alerts assigned to you",
  snoozed: "No snoozed alerts",
  closed: "No closed alerts yet",
};

export async function showInbox(c: PortalContext) {
  const { values, errors } = readFilterQuery(c, ["view", "after"]);
  const view = inboxViews.find((candidate) => candidate === (values.view ?? "open"));
  const isValid = view !== undefined && Object.keys(errors).length === 0;
  const { accountId, operatorId } = c.get("member");
  const now = c.get("now");
  const shown = view ?? "open";
  const filter = { view: shown, operatorId, after: isValid ? (values.after ?? null) : null };
  const page = { now, limit: perPage + 1 };
  const { items, counts, people } = await readInbox(getDatabases(c), getScope(c), accountId, filter, page);
  const alerts = items.slice(0, perPage);
  const next = items.length > perPage ? `?view=${shown}&after=${alerts.at(-1)?.alertId}` : null;
  const canAct = mayRun(c, assignAlert);
  return renderPage(
    c,
    { title: "Inbox", status: isValid ? 200 : 422 },
    <>
      <PageHead title="Inbox" lead="Everything that needs an operator, most urgent first.">
        <a class="button" href={buildPath(c, "/alerts")}>
          Alert settings
        </a>
      </PageHead>
      <nav class="views" aria-label="Views">
        {inboxViews.map((each) => (
          <a
            href={buildPath(c, each === "open" ? "/inbox" : `/inbox?view=${each}`)}
            aria-current={each === shown ? "page" : undefined}
          >
            {viewLabels[each]}
            {each === "closed" ? null : <span class="count"> {counts[each]}</span>}
          </a>
        ))}
      </nav>
      {isValid ? null : (
        <p class="fault" role="alert">
          This view does not exist. Choose one of the views above.
        </p>
      )}
      <Card>
        {alerts.length === 0 ? (
          <Empty title={emptyTitles[shown]}>
            <p>
              Licenzy checks webhooks, Stripe, keys and payments every minute.{" "}
              <a href={buildPath(c, "/alerts")}>Add a channel</a> to get alerts by email, Slack or webhook.
            </p>
          </Empty>
        ) : (
          <ul class="inbox">
            {alerts.map((alert) => (
              <InboxEntry c={c} alert={alert} view={shown} people={people} canAct={canAct} />
            ))}
          </ul>
        )}
        <NextPage href={next} shown={alerts.length} />
      </Card>
    </>,
  );
}
