import { z } from "zod";
import type { DenialReason } from "../enums.ts";
import { subjectRefSchema } from "../subject-ref.ts";
import { done, operation } from "./operation.ts";

/** The most answers in one call: each is a call of a customer's object. */
export const maxComparedPerCall = 250;

/** What Licenzy decides about a customer, next to what the app decided. */
export interface ComparedAnswer {
  subjectRef: string;
  appAllowed: boolean;
  allowed: boolean;
  /** Why access is denied; `null` when it is allowed. */
  reason: DenialReason | null;
}

/** Compares an app's answers with Licenzy's, as of now. Records nothing. Returns them in the same order. */
export const compareAccess = operation({
  name: "shadow.compare",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({
    answers: z
      .array(z.strictObject({ subjectRef: subjectRefSchema, appAllowed: z.boolean() }))
      .min(1)
      .max(maxComparedPerCall),
  }),
  output: done<{ compared: ComparedAnswer[] }>(),
});

/** Deletes the list of disagreements of a project and mode. The counts stay. */
export const clearShadow = operation({
  name: "shadow.clear",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["shadow.clear"],
  input: z.strictObject({}),
  output: done<{ cleared: number }>(),
});
