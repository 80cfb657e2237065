import { z } from "zod";
import { alertRuleNames } from "../alerts.ts";
import { version } from "./inputs.ts";
import { done, operation } from "./operation.ts";

/** Replaces the settings of the given rules. A threshold is checked against the range of its rule. */
export const changeAlertRules = operation({
  name: "alert_rules.change",
  worker: "deliveries",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["alert_rules.change"],
  input: z.strictObject({
    version,
    rules: z
      .array(
        z.strictObject({
          rule: z.enum(alertRuleNames),
          isEnabled: z.boolean(),
          threshold: z.number().min(-1_000_000_000).max(1_000_000_000).nullable(),
        }),
      )
      .max(alertRuleNames.length),
  }),
  output: done(),
});
