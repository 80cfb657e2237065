/** A product of the in-memory Licenzy. */
export type TestProduct = { code: string } & (
  | { kind: "subscription" }
  | { kind: "time_pass"; durationDays: number }
  | { kind: "usage_pack"; units: number; expiresAfterDays?: number }
);
