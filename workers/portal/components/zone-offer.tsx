import { getChosenZone } from "../http/zone-cookie.ts";
import type { PortalContext } from "../request-context.ts";

/**
 * Offers the browser's time zone until the operator has chosen one. A script fills it in and shows it, if the browser's
 * zone is not UTC.
 */
export function ZoneOffer({ c }: { c: PortalContext }) {
  if (getChosenZone(c) !== null || c.req.method !== "GET") return null;
  const { pathname, search } = new URL(c.req.url);
  return (
    <form class="zone-offer" method="post" action="/account/time-zone" data-zone-offer hidden>
      <input type="hidden" name="next" value={pathname + search} />
      <p>
        Times are in UTC. <span data-zone-question />
      </p>
      <button class="button small primary" type="submit" name="zone" value="UTC" data-zone-choice />
      <button class="button small" type="submit" name="zone" value="UTC">
        Keep UTC
      </button>
    </form>
  );
}
