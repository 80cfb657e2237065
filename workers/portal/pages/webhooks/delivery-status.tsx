import { type DeliveryDetail, readDelivery } from "../../../../shared/db/deliveries.ts";
import { renderErrorPage } from "../../components/error-page.tsx";
import { formatCount } from "../../components/labels/common.ts";
import { deliveryStateLabels } from "../../components/labels/webhook.ts";
import { LiveContext } from "../../components/mode.tsx";
import { ZoneContext } from "../../components/time.tsx";
import { getZone } from "../../http/zone-cookie.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";
import { Attempts } from "./delivery-attempts.tsx";
import { Outcome } from "./delivery-outcome.tsx";

/** Serves the changing part of a delivery's page, which the open page polls. */
export async function showDeliveryStatus(c: PortalContext) {
  const found = await readDelivery(getData(c), getScope(c), c.req.param("delivery") ?? "");
  return found === null
    ? unknownDelivery(c)
    : c.html(
        <ZoneContext.Provider value={getZone(c)}>
          <LiveContext.Provider value={c.get("mode") === "live"}>
            <Status c={c} found={found} />
          </LiveContext.Provider>
        </ZoneContext.Provider>,
      );
}

export const unknownDelivery = (c: PortalContext) =>
  renderErrorPage(
    c,
    404,
    "Delivery not found",
    "It belongs to another project or mode, or is older than 30 days.",
  );

/**
 * Shows the status of a delivery. Until its end, scripts update a note, and a link reloads the page without
 * scripts.
 */
export function LiveStatus({ c, found }: { c: PortalContext; found: DeliveryDetail }) {
  return (
    <>
      {isFinal(found) ? null : (
        <p class="live quiet">
          <span role="status" data-live-note>
            Updates automatically.
          </span>{" "}
          <a href={c.req.path}>Reload</a>
        </p>
      )}
      <Status c={c} found={found} />
    </>
  );
}

function Status({ c, found }: { c: PortalContext; found: DeliveryDetail }) {
  const { delivery, attempts } = found;
  const announcement = `${deliveryStateLabels[delivery.state].label}, after ${formatCount(attempts.length)} attempt${attempts.length === 1 ? "" : "s"}.`;
  return (
    <div
      class="stack"
      tabindex={-1}
      data-live={buildPath(c, `/deliveries/${delivery.deliveryId}/status`)}
      data-version={buildVersion(found)}
      data-said={announcement}
      data-at-end={isFinal(found) ? "" : undefined}
    >
      <Outcome c={c} found={found} />
      <Attempts c={c} found={found} />
    </div>
  );
}

/**
 * Returns whether no further attempt is scheduled. A disabled endpoint gets none until an operator enables
 * it.
 */
function isFinal({ delivery, endpoint }: DeliveryDetail): boolean {
  return delivery.nextAttemptAt === null || !endpoint.isEnabled;
}

/** Returns a value that changes with every event of the delivery, but not with time alone. */
function buildVersion({ delivery, endpoint, attempts }: DeliveryDetail): string {
  const { epoch, state, nextAttemptAt } = delivery;
  return [epoch, state, nextAttemptAt, endpoint.isEnabled, attempts.at(-1)?.durationMs].join(".");
}
