import { auditActions } from "../../../../shared/contract/operations/table.ts";
import { Field, FieldError, Select } from "../../components/fields.tsx";
import {
  auditActionLabels,
  formatFieldValue,
  toActionLabel,
  toFieldLabel,
} from "../../components/labels/audit.ts";
import { renderPage } from "../../components/layout.tsx";
import { modeLabels } from "../../components/mode.tsx";
import { Card, Empty, NextPage, PageHead, Pill } from "../../components/parts.tsx";
import { Ref } from "../../components/ref.tsx";
import { Cell, Row, Table } from "../../components/table.tsx";
import { TimeCell } from "../../components/time.tsx";
import { type AuditRow, listAuditEntries } from "../../db/audit.ts";
import { getZone, readFormZone } from "../../http/zone-cookie.ts";
import type { PortalContext } from "../../request-context.ts";
import { parseAuditFilter } from "./filter.ts";

const perPage = 50;

export async function showAudit(c: PortalContext) {
  const parsed = parseAuditFilter(c);
  const { before: _, ...values } = parsed.values;
  const isValid = parsed.outcome === "parsed";
  const rows = isValid ? await listAuditEntries(c.env.DB, parsed.filter, perPage + 1) : [];
  const entries = rows.slice(0, perPage);
  const form = { values, errors: parsed.errors };
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ""));
  const isFiltered = query.size > 0 || !isValid;
  const next = new URLSearchParams(query);
  next.set("before", entries.at(-1)?.auditId ?? "");
  const { projects } = c.get("member");
  const zone = readFormZone(c, values.zone);
  return renderPage(
    c,
    { title: "Audit log", status: isValid ? 200 : 422 },
    <>
      <PageHead title="Audit log" lead="Immutable record of changes.">
        {isValid ? (
          <a class="button" href={`/audit/export?${query}`}>
            Export CSV
          </a>
        ) : null}
      </PageHead>
      <Card>
        <form class="filters" method="get" action="/audit">
          <Select
            form={form}
            name="action"
            label="Action"
            options={[
              { value: "", label: "All" },
              ...auditActions.map((value) => ({ value, label: auditActionLabels[value] })),
            ]}
          />
          <Field form={form} name="who" label="Operator (email)" type="search" required={false} />
          <Select
            form={form}
            name="project"
            label="Project"
            options={[
              { value: "", label: "All" },
              ...projects.map(({ projectId, name }) => ({ value: projectId, label: name })),
            ]}
          />
          <input type="hidden" name="zone" value={zone} />
          <Field form={form} name="from" label={`From (${zone})`} type="date" required={false} />
          <Field form={form} name="to" label={`To (${zone})`} type="date" required={false} />
          <FieldError form={form} name="" />
          <button class="button" type="submit">
            Filter entries
          </button>
          {isFiltered ? <a href="/audit">Clear filters</a> : null}
        </form>
        {entries.length === 0 ? (
          <Empty title={isFiltered ? "No matching entries" : "No entries yet"}>
            <p>
              {isFiltered ? (
                <a href="/audit">Show all entries</a>
              ) : (
                "Each change by an operator is listed here, with who made it, when and from where."
              )}
            </p>
          </Empty>
        ) : (
          <Table label="Audit log" columns={["Time", "Operator", "Action", "Target", "Changes"]}>
            {entries.map((entry) => (
              <Entry c={c} entry={entry} />
            ))}
          </Table>
        )}
        <NextPage href={rows.length > perPage ? `/audit?${next}` : null} shown={entries.length} />
      </Card>
    </>,
  );
}

function Entry({ c, entry }: { c: PortalContext; entry: AuditRow }) {
  const { at, operatorName, operatorEmail, action, target, projectId, mode, before, after, ipAddress } =
    entry;
  const project = c.get("member").projects.find((candidate) => candidate.projectId === projectId);
  return (
    <Row>
      <Cell>
        <TimeCell at={at} now={c.get("now")} />
      </Cell>
      <Cell class="wrap">
        <b>{operatorName}</b>
        <small>
          {operatorEmail}
          {ipAddress === null ? "" : ` · ${ipAddress}`}
        </small>
      </Cell>
      <Cell>
        {toActionLabel(action)}
        <small>
          <code>{action}</code>
        </small>
      </Cell>
      <Cell class="wrap">
        <Ref value={target} />
        {projectId === null ? null : (
          <small>
            {project?.name ?? projectId} {mode === null ? null : <Pill>{modeLabels[mode]}</Pill>}
          </small>
        )}
      </Cell>
      <Cell class="wrap">
        <Changes before={before} after={after} zone={getZone(c)} />
      </Cell>
    </Row>
  );
}

/** Lists the changed fields with their old and new values. A field that was empty and still is, is no change. */
function Changes({ before, after, zone }: Pick<AuditRow, "before" | "after"> & { zone: string }) {
  const [old, now] = [parseObject(before), parseObject(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) => JSON.stringify(old[name] ?? null) !== JSON.stringify(now[name] ?? null),
  );
  if (names.length === 0) return <span class="quiet">—</span>;
  return (
    <ul class="changes">
      {names.map((name) => (
        <li>
          <span class="quiet">{toFieldLabel(name)}</span>{" "}
          {old[name] === undefined || old[name] === null ? null : (
            <>
              <del>{formatFieldValue(name, old[name], zone)}</del> →{" "}
            </>
          )}
          <ins>{formatFieldValue(name, now[name], zone)}</ins>
        </li>
      ))}
    </ul>
  );
}

function parseObject(json: string | null): Record<string, unknown> {
  return json === null ? {} : ((JSON.parse(json) as Record<string, unknown> | null) ?? {});
}
