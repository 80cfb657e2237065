import { integer } from "drizzle-orm/sqlite-core";

/** A time in milliseconds since 1970, UTC. */
export const timestampMs = (name: string) => integer(name);
