import { requeueMany } from "../../../../shared/contract/operations/deliveries.ts";
import { mayRun } from "../../auth/may-run.ts";
import { Field, FieldError, type FormState, Select } from "../../components/fields.tsx";
import { formatCount } from "../../components/labels/common.ts";
import { deliveryJobLabels } from "../../components/labels/webhook.ts";
import { renderPage } from "../../components/layout.tsx";
import { LocalTimeField } from "../../components/local-time-field.tsx";
import { Card, Empty, NextPage, PageHead } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import { readDeliveryPage } from "../../db/webhooks.ts";
import { type FilterFields, readFilterQuery } from "../../http/query.ts";
import { getZone, readFormZone } from "../../http/zone-cookie.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";
import { DeliveryTable } from "./delivery-table.tsx";
import {
  deliveredEventTypes,
  type FilterName,
  filterLabels,
  filterNames,
  parseDeliveryFilter,
  statusLabels,
} from "./filter.ts";

const perPage = 50;

const statusOptions = [
  { value: "", label: "All" },
  ...Object.entries(statusLabels).map(([value, label]) => ({ value, label })),
];

const typeOptions = [
  { value: "", label: "All" },
  ...deliveredEventTypes.map((value) => ({ value, label: value })),
];

export async function showDeliveries(c: PortalContext) {
  const { after: cursor, ...read } = splitCursor(readFilterQuery(c, [...filterNames, "after"]));
  const parsed = parseDeliveryFilter(read, getZone(c));
  const { values } = parsed;
  const after = /^dlv_\w{1,60}$/.exec(cursor)?.[0] ?? null;
  const isValid = parsed.outcome === "parsed";
  const { rows, targets, jobs } = await readDeliveryPage(
    getData(c),
    getScope(c),
    isValid ? parsed.filter : {},
    // A filter that is not understood lists nothing.
    { after, limit: isValid ? perPage + 1 : 0 },
  );
  const shown = rows.slice(0, perPage);
  const urls = new Map(targets.map(({ endpointId, url }) => [endpointId, url]));
  const query = new URLSearchParams(values);
  const next = new URLSearchParams({ ...values, after: shown.at(-1)?.deliveryId ?? "" });
  const canRequeue = mayRun(c, requeueMany) && shown.length > 0;
  return renderPage(
    c,
    { title: "Deliveries", status: isValid ? 200 : 422 },
    <>
      <PageHead title="Deliveries" lead="Last 30 days of webhook deliveries.">
        {canRequeue ? (
          <a class="button" href={`${buildPath(c, "/deliveries/requeue")}?${query}`}>
            Retry deliveries…
          </a>
        ) : null}
      </PageHead>
      <Jobs c={c} jobs={jobs} />
      <Card>
        <Filters c={c} form={{ values, errors: parsed.errors }} endpoints={targets} />
        {shown.length > 0 ? (
          <DeliveryTable c={c} deliveries={shown} targets={urls} />
        ) : (
          <NoDelivery c={c} isFiltered={query.size > 0 || !isValid} hasEndpoint={targets.length > 0} />
        )}
        <NextPage
          href={rows.length > perPage ? `${buildPath(c, "/deliveries")}?${next}` : null}
          shown={shown.length}
        />
      </Card>
    </>,
  );
}

/** Separates the cursor of the next page from the filter, which links to other pages keep. */
function splitCursor({ values, errors }: FilterFields<FilterName | "after">) {
  const { after = "", ...filter } = values;
  const { after: cursorError, ...filterErrors } = errors;
  return { after: cursorError === undefined ? after : "", values: filter, errors: filterErrors };
}

type DeliveryPage = Awaited<ReturnType<typeof readDeliveryPage>>;

function Filters({
  c,
  form,
  endpoints,
}: {
  c: PortalContext;
  form: FormState;
  endpoints: DeliveryPage["targets"];
}) {
  const zone = readFormZone(c, form.values["zone"]);
  const targets = endpoints.map(({ endpointId, url, deletedAt }) => ({
    value: endpointId,
    label: deletedAt === null ? url : `${url} (deleted)`,
  }));
  return (
    <form class="filters" method="get" action={buildPath(c, "/deliveries")}>
      <Select form={form} name="status" label={filterLabels.status} options={statusOptions} />
      <Select
        form={form}
        name="endpoint"
        label={filterLabels.endpoint}
        options={[{ value: "", label: "All" }, ...targets]}
      />
      <Select form={form} name="type" label={filterLabels.type} options={typeOptions} />
      <Field
        form={form}
        name="http"
        label={filterLabels.http}
        inputmode="numeric"
        placeholder="500"
        required={false}
      />
      <Field form={form} name="customer" label={filterLabels.customer} required={false} />
      <input type="hidden" name="zone" value={zone} />
      <LocalTimeField form={form} name="since" label={filterLabels.since} zone={zone} required={false} />
      <LocalTimeField form={form} name="until" label={filterLabels.until} zone={zone} required={false} />
      <FieldError form={form} name="" />
      <button class="button" type="submit">
        Filter deliveries
      </button>
      {Object.keys({ ...form.values, ...form.errors }).length > 0 ? (
        <a href={buildPath(c, "/deliveries")}>Clear filters</a>
      ) : null}
    </form>
  );
}

/** Shows running jobs. */
function Jobs({ c, jobs }: { c: PortalContext; jobs: DeliveryPage["jobs"] }) {
  return jobs.map(({ jobId, kind, done, total, createdAt }) => (
    <div class="notice">
      <p>
        <b>{deliveryJobLabels[kind]} is running:</b> {formatCount(done)} of {formatCount(total)}, started{" "}
        <Time at={createdAt} now={c.get("now")} />.{" "}
        <a href={buildPath(c, `/deliveries/jobs/${jobId}`)}>View progress</a>
      </p>
    </div>
  ));
}

function NoDelivery({
  c,
  isFiltered,
  hasEndpoint,
}: {
  c: PortalContext;
  isFiltered: boolean;
  hasEndpoint: boolean;
}) {
  if (isFiltered)
    return (
      <Empty title="No matching deliveries">
        <p>
          <a href={buildPath(c, "/deliveries")}>Show all deliveries</a>
        </p>
      </Empty>
    );
  return hasEndpoint ? (
    <Empty title="No deliveries yet">
      <p>
        A delivery appears with the next event of an enabled endpoint. To see one now, send a test event from
        an <a href={buildPath(c, "/webhooks")}>endpoint's page</a>.
      </p>
    </Empty>
  ) : (
    <Empty title={`No endpoint in ${c.get("mode")} mode yet`}>
      <p>Events are delivered to endpoints of your backend. Add one, and its deliveries appear here.</p>
      <a class="button" href={buildPath(c, "/webhooks")}>
        Add endpoint
      </a>
    </Empty>
  );
}
