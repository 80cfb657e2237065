import { z } from "zod";
import { planStatuses, regions } from "../enums.ts";
import { wholeNumber } from "../whole-number.ts";
import { formId, objectId, version } from "./inputs.ts";
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
