import { z } from "zod";
import { roles } from "../roles.ts";
import { formId, objectId, time } from "./inputs.ts";
import { done, operation } from "./operation.ts";

/** The portal executes these itself: they need no Stripe key, Keyring or subject. */

/** No characters that would make a list or a name of it in the header of an email. */
const emailSchema = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[^\s\p{C}@,;:<>()"]{1,64}@[^\s\p{C}@,;:<>()"]{1,190}$/u, "Enter an email address.");

/**
 * `invitationId` is chosen with the form: sending the form twice invites once. The link makes a member, and a
 * new member has authenticated recently: inviting gives power away, as a higher role does.
 */
export const inviteMember = operation({
  name: "invitation.create",
  worker: "portal",
  scope: "account",
  role: "owner",
  recentAuth: "always",
  audit: ["invitation.create", "invitation.mail"],
  input: z.strictObject({ invitationId: formId("inv"), email: emailSchema, role: z.enum(roles) }),
  output: done(),
});

/**
 * Makes a new link. `expiresAt` is the end of the link that the page showed: of two renewals the second is
 * refused.
 */
export const renewInvitation = operation({
  name: "invitation.renew",
  worker: "portal",
  scope: "account",
  role: "owner",
  recentAuth: "always",
  audit: ["invitation.renew", "invitation.mail"],
  input: z.strictObject({ invitationId: objectId, expiresAt: time() }),
  output: done(),
});

export const revokeInvitation = operation({
  name: "invitation.revoke",
  worker: "portal",
  scope: "account",
  role: "owner",
  recentAuth: "never",
  audit: ["invitation.revoke"],
  input: z.strictObject({ invitationId: objectId }),
  output: done(),
});

/** `from` is the role that the page showed. */
export const changeMemberRole = operation({
  name: "member.change_role",
  worker: "portal",
  scope: "account",
  role: "owner",
  recentAuth: "always",
  audit: ["member.change_role", "invitation.revoke"],
  input: z.strictObject({ operatorId: objectId, from: z.enum(roles), to: z.enum(roles) }),
  output: done(),
});

/** Creates a one-time link. the member chooses a new password, and signs in with it. */
export const createResetLink = operation({
  name: "member.create_reset_link",
  worker: "portal",
  scope: "account",
  role: "owner",
  recentAuth: "always",
  audit: ["member.create_reset_link", "member.mail_reset_link"],
  input: z.strictObject({ operatorId: objectId, endsSecondFactor: z.boolean() }),
  output: done(),
});

/** Removing a member must not wait for a password, so it needs no recent authentication. */
export const removeMember = operation({
  name: "member.remove",
  worker: "portal",
  scope: "account",
  role: "owner",
  recentAuth: "never",
  audit: ["member.remove", "invitation.revoke"],
  input: z.strictObject({ operatorId: objectId }),
  output: done(),
});

export const leaveAccount = operation({
  name: "member.leave",
  worker: "portal",
  scope: "account",
  role: "viewer",
  recentAuth: "never",
  audit: ["member.leave", "invitation.revoke"],
  input: z.strictObject({}),
  output: done(),
});
