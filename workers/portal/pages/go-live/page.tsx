import { copyProduct } from "../../../../shared/contract/operations/copy-product.ts";
import { mayRun } from "../../auth/may-run.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, PageHead } from "../../components/parts.tsx";
import { readGoLiveFacts } from "../../db/go-live.ts";
import { buildProjectPath, getDatabases, type PortalContext } from "../../request-context.ts";
import { buildLines, type Line } from "./lines.ts";

/** Lists what is missing before live mode can take payments. Each line is computed on every request. */
export async function showGoLive(c: PortalContext) {
  const { projectId, name } = c.get("project");
  const facts = await readGoLiveFacts(getDatabases(c), projectId, c.get("now"));
  const lines = buildLines(facts, c.get("member").planStatus ?? "none");
  const open = lines.filter(({ done }) => !done).length;
  return renderPage(
    c,
    { title: "Go live" },
    <>
      <PageHead title="Go-live checklist" lead={`What ${name} needs to accept real payments.`} />
      {open === 0 ? (
        <div class="notice good">
          <p>
            <b>{name} is live.</b> A purchase in live mode went through from checkout to access.
          </p>
        </div>
      ) : null}
      <Card title="Checklist" note={`${lines.length - open} of ${lines.length} done`}>
        <ol class="steps">
          {lines.map((line, index) => (
            <Step c={c} line={line} number={index + 1} />
          ))}
        </ol>
      </Card>
    </>,
  );
}

function Step({ c, line, number }: { c: PortalContext; line: Line; number: number }) {
  const { done, title, text, page, action, copies = [] } = line;
  const { projectId } = c.get("project");
  const canCopy = mayRun(c, copyProduct);
  return (
    <li class={done ? "step done" : "step"}>
      <span class="mark" aria-hidden="true">
        {done ? "✓" : number}
      </span>
      <div>
        <b>{title}</b> {done ? <span class="quiet">· done</span> : <p>{text}</p>}
        {done || copies.length === 0 ? null : (
          <ul>
            {copies.map(({ productCode, text: what }) => (
              <li>
                <b class="mono">{productCode}</b> <span class="quiet">· {what}</span>{" "}
                {canCopy ? (
                  <a href={buildProjectPath(projectId, "live", `/go-live/copy/${productCode}`)}>
                    Copy {productCode} to live…
                  </a>
                ) : null}
              </li>
            ))}
          </ul>
        )}
      </div>
      {done ? null : (
        <a class="button small" href={page === "/plan" ? page : buildProjectPath(projectId, "live", page)}>
          {action}
        </a>
      )}
    </li>
  );
}
