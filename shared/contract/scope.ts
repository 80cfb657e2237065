import type { Mode } from "./enums.ts";

/** A project in one of its two modes. Keys, products, customers, endpoints and events each belong to exactly one scope. */
export interface Scope {
  projectId: string;
  mode: Mode;
}
