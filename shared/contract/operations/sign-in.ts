import { z } from "zod";
import { done, operation } from "./operation.ts";

/** As entered: a password, or a code of an app. */
const entered = z.string().max(1_024);

/** What operators change about their own sign-in. The portal executes these itself. */

export const changePassword = operation({
  name: "operator.change_password",
  worker: "portal",
  scope: "account",
  role: "viewer",
  recentAuth: "never",
  audit: ["operator.change_password"],
  input: z.strictObject({ current: entered, password: entered }),
  output: done(),
});

/** Ends one session, or with `others` all but the present one. */
export const endSession = operation({
  name: "operator.end_session",
  worker: "portal",
  scope: "account",
  role: "viewer",
  recentAuth: "never",
  audit: ["operator.end_session"],
  input: z.strictObject({ session: z.string().max(256) }),
  output: done<{ ended: number }>(),
});

/** Creates a secret. It takes effect when `operator.confirm_second_factor` gets a code made from it. */
export const enableSecondFactor = operation({
  name: "operator.enable_second_factor",
  worker: "portal",
  scope: "account",
  role: "viewer",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({ password: entered }),
  output: done(),
});

/** Ends every other session of the operator: they were begun without the second factor. */
export const confirmSecondFactor = operation({
  name: "operator.confirm_second_factor",
  worker: "portal",
  scope: "account",
  role: "viewer",
  recentAuth: "never",
  audit: ["operator.enable_second_factor"],
  input: z.strictObject({ code: entered }),
  output: done(),
});

/** Needs a code of the second factor: a password alone could otherwise remove it. */
export const disableSecondFactor = operation({
  name: "operator.disable_second_factor",
  worker: "portal",
  scope: "account",
  role: "viewer",
  recentAuth: "never",
  audit: ["operator.disable_second_factor"],
  input: z.strictObject({ code: entered }),
  output: done(),
});

/** Leads to the provider. The link is made when the operator returns from there. */
export const linkProvider = operation({
  name: "operator.link_provider",
  worker: "portal",
  scope: "account",
  role: "viewer",
  recentAuth: "always",
  audit: ["operator.link_provider"],
  input: z.strictObject({ provider: entered }),
  output: done(),
});

/** Ends every other session of the operator: the identity may have begun them. */
export const unlinkProvider = operation({
  name: "operator.unlink_provider",
  worker: "portal",
  scope: "account",
  role: "viewer",
  recentAuth: "always",
  audit: ["operator.unlink_provider"],
  input: z.strictObject({ identityId: entered }),
  output: done(),
});

/** Takes the filtered audit log out as a file. */
export const exportAuditLog = operation({
  name: "audit_log.export",
  worker: "portal",
  scope: "account",
  role: "admin",
  recentAuth: "never",
  audit: ["audit_log.export"],
  input: z.strictObject({}),
  output: done(),
});
