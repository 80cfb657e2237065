import { renderPage } from "../../components/layout.tsx";
import { Card, PageHead } from "../../components/parts.tsx";
import { readMoveInFacts } from "../../db/access-audits.ts";
import { buildPath, getDatabases, getScope, type PortalContext } from "../../request-context.ts";
import { buildSteps } from "./move-in-steps.ts";

/** Lists the steps of moving existing subscribers to Licenzy. Each is computed on every request. */
export async function showMoveIn(c: PortalContext) {
  const steps = buildSteps(await readMoveInFacts(getDatabases(c), getScope(c)));
  const done = steps.filter((step) => step.done).length;
  return renderPage(
    c,
    { title: "Move in" },
    <>
      <PageHead
        title="Move in"
        lead={
          <>
            <a href={buildPath(c, "/access-audit")}>Access audits</a> / Bring existing Stripe customers to
            Licenzy
          </>
        }
      />
      <Card title="Checklist" note={`${done} of ${steps.length} done`}>
        <ol class="steps">
          {steps.map(({ done: isDone, title, text, page, action }, index) => (
            <li class={isDone ? "step done" : "step"}>
              <span class="mark" aria-hidden="true">
                {isDone ? "✓" : index + 1}
              </span>
              <div>
                <b>{title}</b> {isDone ? <span class="quiet">· done</span> : null}
                <p>{text}</p>
              </div>
              {isDone ? null : (
                <a class="button small" href={buildPath(c, page)}>
                  {action}
                </a>
              )}
            </li>
          ))}
        </ol>
      </Card>
    </>,
  );
}
