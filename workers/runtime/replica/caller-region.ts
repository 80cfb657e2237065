import type { Region } from "../../../shared/contract/enums.ts";

/** What Cloudflare says of the place of a request's caller. */
type Place = Pick<IncomingRequestCfProperties, "continent" | "country" | "longitude">;

/** Countries of Asia that are near the location hint `me`. */
const middleEast = new Set("AE AM AZ BH CY GE IL IQ IR JO KW LB OM PS QA SA SY TR YE".split(" "));

/** West of the first is the west of North America, east of the second the east of Europe. */
const americaSplit = -100;
const europeSplit = 17;

/**
 * Returns the region of objects that is nearest to the caller, or `null` where it is unknown, as in development. A wrong
 * region costs time only: every region answers the same.
 */
export function findCallerRegion(place: Place | undefined): Region | null {
  if (place?.continent == null) return null;
  const longitude = Number.parseFloat(place.longitude ?? "");
  switch (place.continent) {
    case "NA":
      return longitude < americaSplit ? "wnam" : "enam";
    case "SA":
      return "sam";
    case "EU":
      return longitude > europeSplit ? "eeur" : "weur";
    case "AF":
      return "afr";
    case "AS":
      return middleEast.has(place.country ?? "") ? "me" : "apac";
    case "OC":
      return "oc";
    default:
      return null;
  }
}
