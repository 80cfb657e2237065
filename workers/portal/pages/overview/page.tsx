import { formatCappedCount } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, CopyButton, PageHead, Pill } from "../../components/parts.tsx";
import { formatDuration, Time } from "../../components/time.tsx";
import { type Activity, readActivity } from "../../db/activity.ts";
import { readBackgroundTroubles } from "../../db/background-work.ts";
import { type ProjectFacts, readProjectFacts } from "../../db/overview.ts";
import { buildPath, getOrigin, getScope, type PortalContext } from "../../request-context.ts";
import { ActivityTiles } from "./activity-tiles.tsx";
import { BackgroundProblems } from "./background-work.tsx";
import { DeliveryProblems, DeliveryTiles } from "./deliveries.tsx";
import { type Step, setupSteps } from "./steps.ts";
import { StorageProblems, StorageTiles } from "./storage.tsx";

export async function showOverview(c: PortalContext) {
  const now = c.get("now");
  const mode = c.get("mode");
  const [facts, activity, troubles] = await Promise.all([
    readProjectFacts(c.env.DB, getScope(c), now),
    readActivity(c.env.DB, getScope(c), now),
    readBackgroundTroubles(c.env.DB, getScope(c), now),
  ]);
  const steps = setupSteps(facts, { mode, origin: getOrigin(c) });
  const open = steps.filter(({ done }) => !done);
  return renderPage(
    c,
    { title: "Overview" },
    <>
      <PageHead title="Overview" lead={c.get("project").name} />
      <Problems c={c} facts={facts} now={now} />
      <BackgroundProblems c={c} troubles={troubles} activity={activity} now={now} />
      {open.length > 0 ? <Steps c={c} steps={steps} open={open.length} /> : null}
      <Health c={c} facts={facts} activity={activity} now={now} />
    </>,
  );
}

/** Reports problems that need an operator, at the top of the page. Empty without problems. */
function Problems({ c, facts, now }: { c: PortalContext; facts: ProjectFacts; now: number }) {
  const { eventsFailed, eventsWaiting, oldestWaitingAt, unsynced, sweepError } = facts;
  return (
    <>
      {eventsFailed > 0 ? (
        <div class="notice bad">
          <p>
            <b>{formatCount(eventsFailed, "Stripe event")} failed to process.</b> Affected customers may have
            the wrong access. <a href={buildPath(c, "/events?status=failed")}>Review events</a>
          </p>
        </div>
      ) : null}
      {eventsWaiting > 0 && oldestWaitingAt !== null && now - oldestWaitingAt > 60_000 ? (
        <div class="notice">
          <p>
            <b>{formatCount(eventsWaiting, "Stripe event")} queued,</b> the oldest{" "}
            <Time at={oldestWaitingAt} now={now} />. Licenzy retries them automatically.{" "}
            <a href={buildPath(c, "/events?status=received")}>View events</a>
          </p>
        </div>
      ) : null}
      {sweepError === null ? null : (
        <div class="notice bad">
          <p>
            <b>Can't read events from Stripe.</b> Missed events won't be recovered until this is fixed:{" "}
            {sweepError} <a href={buildPath(c, "/stripe")}>Check connection</a>
          </p>
        </div>
      )}
      <DeliveryProblems c={c} facts={facts} now={now} />
      <StorageProblems c={c} facts={facts} />
      {unsynced > 0 ? (
        <div class="notice">
          <p>
            <b>{formatCount(unsynced, "API key change")} propagating</b> (up to 1 minute).{" "}
            <a href={buildPath(c, "/keys")}>View keys</a>
          </p>
        </div>
      ) : null}
    </>
  );
}

function Steps({ c, steps, open }: { c: PortalContext; steps: Step[]; open: number }) {
  const next = steps.find(({ done }) => !done);
  return (
    <Card title="Get started" note={`${steps.length - open} of ${steps.length} done`}>
      <ol class="steps">
        {steps.map((step, index) => (
          <li class={step.done ? "step done" : "step"}>
            <span class="mark" aria-hidden="true">
              {step.done ? "✓" : index + 1}
            </span>
            <div>
              <b>{step.title}</b> {step.done ? <span class="quiet">· done</span> : <p>{step.text}</p>}
            </div>
            {step.done ? null : (
              <a
                class={step === next ? "button primary small" : "button small"}
                href={buildPath(c, step.page)}
              >
                {step.action}
              </a>
            )}
            {step.done || step.command === undefined ? null : (
              <div class="command">
                <pre>{step.command}</pre>
                <CopyButton value={step.command} name="command" />
              </div>
            )}
          </li>
        ))}
      </ol>
    </Card>
  );
}

interface HealthProps {
  c: PortalContext;
  facts: ProjectFacts;
  activity: Activity;
  now: number;
}

function Health({ c, facts, activity, now }: HealthProps) {
  const when = (at: number | null, never: string) => (at === null ? never : <Time at={at} now={now} />);
  return (
    <dl class="tiles">
      <div class="tile">
        <dt>Stripe connection</dt>
        <dd>
          {facts.isConnected && facts.hasWebhook ? (
            <Pill tone="good">Connected</Pill>
          ) : facts.isConnected ? (
            <Pill tone="warn">No webhook</Pill>
          ) : (
            <Pill>Not connected</Pill>
          )}
        </dd>
      </div>
      <div class="tile">
        <dt>Last Stripe event</dt>
        <dd>{when(facts.lastEventAt, "None yet")}</dd>
      </div>
      <div class="tile">
        <dt>Unprocessed Stripe events</dt>
        <dd class="num">
          {formatCappedCount(facts.eventsFailed + facts.eventsWaiting)}{" "}
          <small>{formatCappedCount(facts.eventsFailed)} failed</small>
        </dd>
      </div>
      <div class="tile">
        <dt>Slowest recovered event</dt>
        <dd>{facts.slowestHealingMs === null ? "None missed" : formatDuration(facts.slowestHealingMs)}</dd>
      </div>
      <DeliveryTiles c={c} facts={facts} now={now} />
      <div class="tile">
        <dt>Customers</dt>
        <dd class="num">
          <a href={buildPath(c, "/customers")}>{formatCappedCount(facts.subjects)}</a>{" "}
          <small>newest {when(facts.lastSubjectAt, "None yet")}</small>
        </dd>
      </div>
      <div class="tile">
        <dt>Purchases</dt>
        <dd class="num">{formatCappedCount(facts.purchases)}</dd>
      </div>
      <div class="tile">
        <dt>Active products</dt>
        <dd class="num">{formatCappedCount(facts.products)}</dd>
      </div>
      <div class="tile">
        <dt>Active API keys</dt>
        <dd class="num">{formatCappedCount(facts.keys)}</dd>
      </div>
      <StorageTiles c={c} facts={facts} />
      <ActivityTiles activity={activity} now={now} />
    </dl>
  );
}

const formatCount = (value: number, noun: string): string =>
  `${formatCappedCount(value)} ${noun}${value === 1 ? "" : "s"}`;
