import { BarChart } from "../../components/bar-chart.tsx";
import { formatCount, formatUnits } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, CopyButton, PageHead } from "../../components/parts.tsx";
import { readOverview } from "../../db/overview.ts";
import { readFilterQuery } from "../../http/query.ts";
import { getZone } from "../../http/zone-cookie.ts";
import { buildPath, getDatabases, getOrigin, getScope, type PortalContext } from "../../request-context.ts";
import { Attention } from "./attention.tsx";
import { Figures } from "./figures.tsx";
import { buildPeriod, type Period, type PeriodName, parsePeriod, periodLabels } from "./period.ts";
import { Recent } from "./recent.tsx";
import { RecoveryTable } from "./recovery-table.tsx";
import { buildSeries, joinRest, type OverviewSeries } from "./series.ts";
import { type Step, setupSteps } from "./steps.ts";
import { System } from "./system.tsx";

export async function showOverview(c: PortalContext) {
  const now = c.get("now");
  const { values } = readFilterQuery(c, ["period"]);
  const chosen = parsePeriod(values.period);
  const period = buildPeriod(chosen ?? "30d", now, getZone(c));
  const ranges = [period.before, ...period.slots.map(({ range }) => range)];
  const overview = await readOverview(getDatabases(c), getScope(c), { now, ranges });
  const series = buildSeries(overview.counts, period.slots.length);
  const steps = setupSteps(overview.facts, { mode: c.get("mode"), origin: getOrigin(c) });
  const open = steps.filter(({ done }) => !done);
  return renderPage(
    c,
    { title: "Overview", status: chosen === null ? 422 : 200 },
    <div class="overview">
      <PageHead title="Overview" lead={formatSpan(period)}>
        <Periods c={c} current={period.name} />
      </PageHead>
      {chosen === null ? (
        <p class="fault" role="alert">
          This period does not exist. Choose one of the periods above.
        </p>
      ) : null}
      <Attention c={c} overview={overview} />
      {open.length > 0 ? <Steps c={c} steps={steps} open={open.length} /> : null}
      <Figures c={c} series={series} period={period} />
      <Charts series={series} period={period} zone={getZone(c)} />
      <RecoveryTable recoveries={series.recoveries} />
      <div class="overview-columns">
        <Recent c={c} changes={overview.changes} names={overview.productNames} />
        <System c={c} overview={overview} />
      </div>
    </div>,
  );
}

/** Names the first and the last day or hour that the figures cover. */
function formatSpan({ slots }: Period): string {
  const [first, last] = [slots[0]?.name ?? "", slots.at(-1)?.name ?? ""];
  return `${first} – ${last.replace(" (so far)", "")}`;
}

function Periods({ c, current }: { c: PortalContext; current: PeriodName }) {
  return (
    <nav class="segments" aria-label="Period">
      {(Object.entries(periodLabels) as [PeriodName, string][]).map(([name, label]) => (
        <a
          href={buildPath(c, name === "30d" ? "" : `?period=${name}`)}
          aria-current={name === current ? "page" : undefined}
        >
          {label}
        </a>
      ))}
    </nav>
  );
}

const shownAnswers = 4;

function Charts({ series, period, zone }: { series: OverviewSeries; period: Period; zone: string }) {
  const { checksByAnswer, deliveries, credits } = series;
  const { delivered, failed, values } = deliveries;
  const { slots } = period;
  const slotHead = `${period.name === "30d" ? "Day" : "Hour"} (${zone})`;
  return (
    <div class="overview-columns">
      <Card title="Access checks" note="Approximate" id="checks">
        <BarChart
          id="checks-chart"
          title="Access checks"
          slots={slots}
          series={joinRest(checksByAnswer, shownAnswers, "Denied: other reasons")}
          tableSeries={checksByAnswer}
          slotHead={slotHead}
        />
      </Card>
      <Card
        title="Webhook deliveries"
        note={`${formatCount(delivered.total)} delivered, ${formatCount(failed.total)} failed`}
        id="deliveries"
      >
        <BarChart
          id="deliveries-chart"
          title="Webhook deliveries"
          slots={slots}
          series={[
            { name: "Delivered", values: values.delivered },
            { name: "Failed or retrying", values: values.failed },
          ]}
          slotHead={slotHead}
        />
      </Card>
      <Card title="Credits spent" note={formatUnits(credits.total)} id="credits">
        <BarChart
          id="credits-chart"
          title="Credits spent"
          slots={slots}
          series={[{ name: "Units", values: credits.values }]}
          slotHead={slotHead}
        />
      </Card>
    </div>
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
