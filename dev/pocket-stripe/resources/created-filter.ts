import { group, optional, type Param, timestamp } from "../params.ts";

type Range = Record<"gt" | "gte" | "lt" | "lte", number | undefined>;

const limit = optional(timestamp());
const range = group({ gt: limit, gte: limit, lt: limit, lte: limit });

/** Parses `created[gte]=…`, or `created=…` for that second. */
export const createdFilter: Param<Range | undefined> = (value, path) => {
  if (value === undefined) return undefined;
  if (typeof value !== "string") return range(value, path);
  const moment = timestamp()(value, path);
  return { gt: undefined, gte: moment, lt: undefined, lte: moment };
};
