import { toRequeueableFilter } from "../../../../shared/contract/operations/deliveries.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import { renderErrorPage } from "../../components/error-page.tsx";
import { SubmitButton } from "../../components/fields.tsx";
import { formatCount } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { PageHead } from "../../components/parts.tsx";
import { countDeliveriesWithEndpoints } from "../../db/webhooks.ts";
import { readFilterQuery } from "../../http/query.ts";
import { getZone } from "../../http/zone-cookie.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";
import {
  describeFilter,
  filterLabels,
  filterNames,
  type ParsedDeliveryFilter,
  parseDeliveryFilter,
} from "./filter.ts";

/** Shows how many deliveries would be requeued, before any is. */
export async function showRequeue(c: PortalContext) {
  const parsed = parseDeliveryFilter(readFilterQuery(c, filterNames), getZone(c));
  if (parsed.outcome === "invalid") return renderInvalidFilterPage(c, parsed);
  const { filter, values } = parsed;
  const requeueFilter = toRequeueableFilter(filter);
  const { count: total, targets } = await countDeliveriesWithEndpoints(
    getData(c),
    getScope(c),
    requeueFilter,
  );
  const back = `${buildPath(c, "/deliveries")}?${new URLSearchParams(values)}`;
  const url = targets.find(({ endpointId }) => endpointId === filter.endpointId)?.url;
  const limits = Object.entries({
    ...describeFilter(parsed, getZone(c)),
    ...(url === undefined ? {} : { endpoint: url }),
  });
  return renderPage(
    c,
    { title: "Retry deliveries" },
    <>
      <PageHead
        title={`Retry ${formatCount(total)} deliver${total === 1 ? "y" : "ies"}`}
        lead="Retries failed and retrying deliveries now and restarts their schedule. Queued and delivered ones are not affected."
      />
      <dl class="facts">
        {limits.length === 0 ? (
          <>
            <dt>Which</dt>
            <dd>All of this project in {c.get("mode")} mode</dd>
          </>
        ) : null}
        {limits.map(([name, value]) => (
          <>
            <dt>{filterLabels[name as keyof typeof filterLabels]}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
      <form method="post" action={buildPath(c, "/deliveries/requeue")} class="form">
        <input type="hidden" name="job_id" value={newId("job", c.get("now"))} />
        {Object.entries(values).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <div class="row">
          {total === 0 ? null : (
            <SubmitButton>
              Retry {formatCount(total)} {total === 1 ? "delivery" : "deliveries"}
            </SubmitButton>
          )}
          <a class="button" href={back}>
            {total === 0 ? "Back" : "Cancel"}
          </a>
        </div>
      </form>
    </>,
  );
}

/** Says which part of the filter is not understood. Nothing is counted or queued for it. */
export function renderInvalidFilterPage(c: PortalContext, { errors }: Pick<ParsedDeliveryFilter, "errors">) {
  const reasons = Object.entries(errors).map(([name, error]) =>
    name === "" ? error : `${filterLabels[name as keyof typeof filterLabels]}: ${error}`,
  );
  return renderErrorPage(c, 422, "Invalid filter", `Nothing was retried. ${reasons.join(" ")}`);
}
