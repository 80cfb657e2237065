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

export const disableSecondFactor = operation({
  name: "operator.disable_second_factor",
  worker: "portal",
  scope: "account",
  role: "viewer",
  recentAuth: "never",
  audit: ["operator.disable_second_factor"],
  input: z.strictObject({ password: entered }),
  output: done(),
});
