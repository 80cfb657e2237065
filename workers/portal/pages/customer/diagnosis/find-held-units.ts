import type { CustomerView } from "../../../../../shared/contract/operations/customer-views.ts";
import { countJobs } from "../sections/reservations.tsx";
import type { LikelyCause } from "./likely-cause.ts";

/** Returns the cause why a customer without units left has not used them: open jobs hold them. Empty where none does. */
export function findHeldUnits({ reservations }: Pick<CustomerView, "reservations">): LikelyCause[] {
  const held = reservations.filter(({ isOpen, held: units }) => isOpen && units > 0);
  const [next] = held;
  if (next === undefined) return [];
  return [
    {
      cause: "credits_gone",
      title: "All units are held",
      text: `All units are held by ${countJobs(held)}. They return when the jobs are settled or released, or when the reservations expire.`,
      actions: [
        { label: "Release…", page: `./release-reservation?reservation_id=${next.reservationId}` },
        { label: "View held units", page: ".#held" },
      ],
    },
  ];
}
