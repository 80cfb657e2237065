import type { Region } from "../../shared/contract/enums.ts";

/** The region of the bench's project. */
export const homeRegion: Region = "weur";

/**
 * Round trips between a region and the home region, in milliseconds. Published averages of pings between regions of AWS,
 * from Frankfurt ("Latency Between AWS Global Regions", 2017): Virginia, Oregon, São Paulo, Ireland, Tokyo and Sydney. Those of
 * `eeur`, `me` and `afr` are not in that table and are assumed.
 */
export const homeRoundTripMs: Record<Region, number> = {
  weur: 20,
  enam: 89,
  wnam: 160,
  sam: 195,
  apac: 237,
  oc: 324,
  eeur: 30,
  me: 110,
  afr: 160,
};

/** Round trip between a caller and what answers it in the caller's own region. Assumed. */
export const nearRoundTripMs = 8;

/** A place that the runtime takes for the region (workers/runtime/replica/caller-region.ts). */
export const placeOf: Record<Region, { continent: string; country: string; longitude: string }> = {
  weur: { continent: "EU", country: "DE", longitude: "8.7" },
  enam: { continent: "NA", country: "US", longitude: "-77.5" },
  wnam: { continent: "NA", country: "US", longitude: "-119.7" },
  sam: { continent: "SA", country: "BR", longitude: "-46.6" },
  apac: { continent: "AS", country: "JP", longitude: "139.7" },
  oc: { continent: "OC", country: "AU", longitude: "151.2" },
  eeur: { continent: "EU", country: "RO", longitude: "26.1" },
  me: { continent: "AS", country: "AE", longitude: "55.3" },
  afr: { continent: "AF", country: "ZA", longitude: "28.0" },
};
