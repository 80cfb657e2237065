import type { EntryView } from "../../../../../shared/contract/operations/customer-views.ts";
import { dayMs } from "../../../../../shared/domain/entitlement.ts";
import { formatUnits } from "../../../components/labels/common.ts";
import { toDayField } from "../../../time/parse-time.ts";
import { isUsageEntry } from "../sections/timeline-items.ts";

interface Offer {
  value: string;
  label: string;
}

/** Buttons that fill in a field with a fitting value. They need scripts. */
function Offers({ field, offers }: { field: string; offers: Offer[] }) {
  if (offers.length === 0) return null;
  return (
    <div class="offers" data-needs-script hidden>
      {offers.map(({ value, label }) => (
        <button class="button small" type="button" data-fill={field} value={value}>
          {label}
        </button>
      ))}
    </div>
  );
}

/** Offers the units that a refund, an expiry or an operator took away, since support usually gives those back. */
export function UnitOffers({ entries }: { entries: EntryView[] }) {
  const lost = entries
    .filter((entry) => !isUsageEntry(entry))
    .map(({ touched }) => touched.reduce((sum, { units }) => sum - units, 0))
    .filter((units) => units > 0);
  const offers = [...new Set(lost)].slice(0, 3).map((units) => ({
    value: String(units),
    label: `${formatUnits(units)} that ${units === 1 ? "was" : "were"} left`,
  }));
  return <Offers field="units" offers={offers} />;
}

const offeredDays = [7, 14, 30];

/** Offers ends in days from today, in the zone of the field. */
export function EndOffers({ now, zone }: { now: number; zone: string }) {
  const offers = offeredDays.map((days) => ({
    value: toDayField(now + days * dayMs, zone),
    label: `${days} days`,
  }));
  return <Offers field="ends_on" offers={offers} />;
}
