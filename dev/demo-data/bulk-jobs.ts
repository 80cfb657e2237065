import { hiddenField, hiddenFields, type PortalClient } from "../seed/portal-client.ts";
import { untilShown } from "./until-shown.ts";

/** After an outage, grants units to those who have some, and previews a week of access for all customers. */
export async function runBulkJobs(
  support: PortalClient,
  path: string,
  { credited, all }: { credited: string[]; all: string[] },
): Promise<void> {
  const units = await createJob(support, path, [...credited, "user_without_any_purchase"], {
    action: "adjust",
    product_code: "CREDITS_1000",
    how: "add",
    adjust_units: "50",
    text: "The API was down for two hours",
  });
  await startJob(support, units);
  await untilShown(support, units, /Undo for/);
  const week = await createJob(support, path, all, {
    action: "grant",
    product_code: "WEEK_PASS",
    text: "Outage of the API: a week on us for everyone who was affected",
  });
  await untilShown(support, week, /Ready to start/);
}

/** Creates a job. Its preview begins at once. Returns the path of its page. */
export async function createJob(
  support: PortalClient,
  path: string,
  refs: readonly string[],
  action: Record<string, string>,
): Promise<string> {
  const job_id = hiddenField((await support.get(`${path}/bulk/new`)).html, "job_id");
  const list = ["subject_ref", ...refs.map((ref) => `"${ref.replaceAll('"', '""')}"`)].join("\n");
  const form = { units: "", duration_days: "", ends_on: "", how: "add", adjust_units: "", product_code: "" };
  const sent = { ...form, job_id, refs: list, reason: "incident", ...action };
  const { location } = await support.submit(`${path}/bulk`, sent);
  return location ?? "";
}

async function startJob(support: PortalClient, job: string): Promise<void> {
  await untilShown(support, job, /Ready to start/);
  await support.submit(`${job}/start`, hiddenFields((await support.get(job)).html, `${job}/start`));
}
