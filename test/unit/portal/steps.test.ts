import { describe, expect, it } from "vitest";
import type { ProjectFacts } from "../../../workers/portal/db/project-facts.ts";
import { setupSteps } from "../../../workers/portal/pages/overview/steps.ts";

const nothing = {
  isConnected: false,
  hasWebhook: false,
  products: 0,
  firstProductCode: null,
  hasSuccessUrl: false,
  keys: 0,
  endpoints: 0,
  purchases: 0,
} as ProjectFacts;

const origin = "https://licenzy.example";
const steps = (facts: Partial<ProjectFacts>, mode: "test" | "live" = "test") =>
  setupSteps({ ...nothing, ...facts }, { mode, origin });
const doneSteps = (facts: Partial<ProjectFacts>) =>
  steps(facts)
    .filter(({ done }) => done)
    .map(({ title }) => title);

describe("setup steps", () => {
  it("setupSteps() marks the success URL as done only when the project has one", () => {
    expect(doneSteps({})).toEqual([]);
    expect(doneSteps({ hasSuccessUrl: true })).toEqual(["Set the success URL"]);
    expect(steps({}).find(({ title }) => title === "Set the success URL")?.page).toBe("/settings");
  });

  it("setupSteps() ends with the curl command for the first product, the mode and the origin", () => {
    const { command } = steps({ firstProductCode: "DAY_PASS" }, "live").at(-1) ?? {};
    expect(command?.split(" \\\n  ")).toEqual([
      "curl https://licenzy.example/v1/checkout/session",
      "-H 'Authorization: Bearer lz_live_YOUR_API_KEY'",
      "-H 'Content-Type: application/json'",
      "-H 'Idempotency-Key: first-purchase'",
      `-d '{"subject_ref":"user_1","product_code":"DAY_PASS"}'`,
    ]);
    expect(steps({}).at(-1)?.command).toContain('"product_code":"PRODUCT_CODE"');
  });
});
