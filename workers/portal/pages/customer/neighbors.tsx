import { Icon } from "../../components/icon.tsx";
import { type Neighbor, type Neighbors, readNeighbors } from "../../db/customer-neighbors.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";
import { linkFromList, parsePlace, readPlace } from "../customers/place-in-list.ts";

/** Returns the customers before and after this one in the list that the page was opened from. */
export async function loadNeighbors(c: PortalContext, subjectRef: string): Promise<Neighbors | null> {
  const place = readPlace(c);
  const query = place === null ? null : parsePlace(c, place);
  if (place === null || query === null) return null;
  return readNeighbors(getData(c), getScope(c), query, { subjectRef, position: place.position });
}

/** Links to the neighbors. The keys k and j follow them. */
export function NeighborLinks({ c, neighbors }: { c: PortalContext; neighbors: Neighbors | null }) {
  const list = readPlace(c)?.list;
  if (neighbors === null || list === undefined) return null;
  const linkTo = ({ subjectRef, position }: Neighbor) => linkFromList(c, subjectRef, { list, position });
  const { previous, next } = neighbors;
  return (
    <nav class="row neighbors" aria-label="Customers of the list">
      <Arrow
        rel="prev"
        label={previous === null ? "No previous customer" : `Previous customer: ${previous.subjectRef}`}
        href={previous === null ? null : linkTo(previous)}
      />
      <Arrow
        rel="next"
        label={next === null ? "No next customer" : `Next customer: ${next.subjectRef}`}
        href={next === null ? null : linkTo(next)}
      />
    </nav>
  );
}

function Arrow({ rel, label, href }: { rel: "prev" | "next"; label: string; href: string | null }) {
  const icon = <Icon name={rel === "prev" ? "chevron-left" : "chevron-right"} />;
  return href === null ? (
    <span class="button none" aria-label={label} role="img">
      {icon}
    </span>
  ) : (
    <a
      class="button"
      rel={rel}
      href={href}
      aria-label={label}
      title={`${label} (${rel === "prev" ? "k" : "j"})`}
    >
      {icon}
    </a>
  );
}

/** Returns the address of the list that the page was opened from. */
export function linkToList(c: PortalContext): string {
  const list = readPlace(c)?.list ?? "";
  return `${buildPath(c, "/customers")}${list === "" ? "" : `?${new URLSearchParams(list)}`}`;
}
