import { z } from "zod";
import { lowBalanceUnits, planStatuses, regions } from "../enums.ts";
import { rateLimits } from "../rate-limits.ts";
import { wholeNumber } from "../whole-number.ts";
import { formId, maxUnits, objectId, version } from "./inputs.ts";
import { done, operation } from "./operation.ts";

const nameMessage = "Enter a name of 1 to 80 characters.";
const urlMessage = "Enter a URL that starts with https:// or http://.";
const graceMessage = "Enter a whole number from 0 to 60.";

const projectName = z.string().trim().min(1, nameMessage).max(80, nameMessage);
const webUrl = z.url({ protocol: /^https?$/, hostname: /.+/, error: urlMessage }).max(2048, urlMessage);

/** `projectId` is chosen with the form: sending the form twice creates one project. */
export const createProject = operation({
  name: "project.create",
  worker: "portal",
  scope: "account",
  role: "admin",
  recentAuth: "never",
  audit: ["project.create"],
  input: z.strictObject({ projectId: formId("prj"), name: projectName, region: z.enum(regions) }),
  output: done(),
});

/** Archiving only hides a project: its keys, customers and checkouts keep working. */
export const archiveProject = operation({
  name: "project.archive",
  worker: "portal",
  scope: "account",
  role: "admin",
  recentAuth: "never",
  audit: ["project.archive", "project.restore"],
  input: z.strictObject({ projectId: objectId, archived: z.boolean() }),
  output: done(),
});

export const changeProjectSettings = operation({
  name: "project.change_settings",
  worker: "portal",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["project.change_settings"],
  input: z.strictObject({
    version,
    name: projectName,
    successUrl: webUrl.nullable(),
    cancelUrl: webUrl.nullable(),
    graceDays: wholeNumber({ min: 0, max: 60, message: graceMessage }),
  }),
  output: done(),
});

/** Sets how many requests each API key of the project may send in 10 s, in both modes. It applies within seconds. */
export const setRateLimit = operation({
  name: "project.set_rate_limit",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["project.set_rate_limit"],
  input: z.strictObject({ rateLimit: z.literal(rateLimits, "Choose a limit from the list.") }),
  output: done(),
});

const daysMessage = "Enter a whole number of days from 1 to 365, or 0 for none.";
const thresholdMessage = "Enter a whole number, or 0 for none.";

/** When signals of low balances and near ends are sent. `null` of a product is the project's value; 0 is off. */
export const signalsSchema = z
  .strictObject({
    /** `null`: of the project, in both modes. */
    productCode: z.string().max(64).nullable(),
    lowBalance: wholeNumber({ min: 0, max: maxUnits, message: thresholdMessage }).nullable(),
    lowBalanceIn: z.enum(lowBalanceUnits, "Choose units or percent."),
    expiringDays: wholeNumber({ min: 0, max: 365, message: daysMessage }).nullable(),
  })
  .refine(({ lowBalance, lowBalanceIn }) => lowBalanceIn === "units" || (lowBalance ?? 0) <= 90, {
    path: ["lowBalance"],
    message: "Enter at most 90 percent.",
  });

/** Sets when signals of low balances and near ends are sent. Customers get the settings in the background. */
export const setSignals = operation({
  name: "project.set_signals",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["project.set_signals"],
  input: signalsSchema,
  output: done(),
});

/** Sets the plan of the whole account. Its API keys follow within seconds. */
export const setPlan = operation({
  name: "plan.set",
  worker: "runtime",
  scope: "account",
  role: "owner",
  recentAuth: "always",
  audit: ["plan.set"],
  input: z.strictObject({ plan: z.enum(planStatuses, "Choose a plan status from the list.") }),
  output: done(),
});
