import { z } from "zod";
import { subjectRef } from "./customers.ts";
import { formId } from "./inputs.ts";
import { done, operation } from "./operation.ts";

/** How long a recovery link can work, in days. */
export const linkDays = [1, 3, 7, 14] as const;
export type LinkDays = (typeof linkDays)[number];
export const defaultLinkDays: LinkDays = 7;

/**
 * Creates a link to the way back from the customer's denial. `linkId` is chosen with the form: sending the form twice
 * creates one link, and returns it again. Anyone with the link reaches Stripe's pages of the customer; it gives no access.
 */
export const createRecoveryLink = operation({
  name: "customer.create_recovery_link",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: ["customer.create_recovery_link"],
  input: z.strictObject({
    subjectRef,
    linkId: formId("lnk"),
    days: z.literal(linkDays, "Choose how long the link works."),
  }),
  /** `path` begins with `/r/`, on the host of the portal. It is not stored, and nothing returns it later. */
  output: done<{ path: string; expiresAt: number }>(),
});

/** Replaces the secret that signs the project's links: every link of both modes stops working at once. */
export const rotateLinkSecret = operation({
  name: "project.rotate_link_secret",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["project.rotate_link_secret"],
  /** The version that the form was made from. Sending the form twice rotates once. */
  input: z.strictObject({ secretVersion: z.int().min(1).max(1_000_000) }),
  output: done(),
});
