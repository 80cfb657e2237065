import { Card } from "../../components/parts.tsx";
import { formatExactTime } from "../../components/time.tsx";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { getZone, setZone } from "../../http/zone-cookie.ts";
import type { PortalContext } from "../../request-context.ts";
import { isZone, zoneNames } from "../../time/zone.ts";

/** Chooses the zone in which this browser shows times and takes them in forms. */
export function TimeZoneCard({ c }: { c: PortalContext }) {
  const zone = getZone(c);
  return (
    <Card title="Time zone" note={formatExactTime(c.get("now"), zone)} id="time-zone" pad>
      <form method="post" action="/account/time-zone" class="form">
        <div class="field">
          <label for="zone">Times are shown and entered in</label>
          <select id="zone" name="zone" aria-describedby="zone-hint" data-zones>
            {zoneNames.map((name) => (
              <option value={name} selected={name === zone}>
                {name}
              </option>
            ))}
          </select>
          <p class="hint" id="zone-hint">
            Applies to this browser. Hover over a time to see it in UTC.
          </p>
        </div>
        <div class="row">
          <button class="button" type="submit">
            Save time zone
          </button>
        </div>
      </form>
    </Card>
  );
}

export async function chooseTimeZone(c: PortalContext) {
  const form = await readForm(c);
  const zone = readField(form, "zone");
  const path = readReturnPath(readField(form, "next"));
  if (!isZone(zone)) return redirectWith(c, path, "Unknown time zone. Choose one from the list.", "bad");
  setZone(c, zone);
  return redirectWith(c, path, `Times are now in ${zone}.`);
}

/** Returns a path of this portal only: `//host` and `/\host` would lead elsewhere. */
const readReturnPath = (next: string): string => (/^\/(?![/\\])[\x21-\x7e]*$/.test(next) ? next : "/account");
