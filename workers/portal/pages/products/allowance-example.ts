import type { AllowanceTerms } from "../../../../shared/domain/allowance-terms.ts";
import { listSteps } from "../../../../shared/domain/allowance-windows.ts";
import { formatCount } from "../../components/labels/common.ts";
import { formatDay } from "../../components/time.tsx";

/** Returns what a customer gets who pays on 31 January: for a month if units come with each period, else for a year. */
export function describeExample(terms: Omit<AllowanceTerms, "version" | "from">): string {
  const year = 2027;
  const start = Date.UTC(year, 0, 31);
  const end = terms.every === "period" ? Date.UTC(year, 1, 28) : Date.UTC(year + 1, 0, 31);
  const steps = listSteps({ start, end }, [{ ...terms, version: 1, from: 0 }]);
  const [first, second] = steps;
  if (first === undefined || terms.units === 0) return "New periods include no units.";
  const units = formatCount(terms.units);
  const day = (at: number) => formatDay(at, "UTC");
  const how = terms.every === "period" ? "pays for a month on" : "pays for a year on";
  const next =
    second === undefined ? `and again with each payment` : `then each month from ${day(second.start)} on`;
  const max =
    terms.rolloverWindows > 0 && terms.rolloverMax !== null
      ? ` At most ${formatCount(terms.rolloverMax)} unused units are kept.`
      : "";
  const trial = terms.inTrial === null ? "none" : formatCount(terms.inTrial);
  return `A customer who ${how} ${day(start)} gets ${units} units that day, usable until ${day(first.expiresAt)}, ${next}.${max} Units in a trial: ${trial}.`;
}
