import { describe, expect, it } from "vitest";
import { type AuditCounts, auditClasses } from "../../../shared/contract/operations/access-audits.ts";
import type { MoveInFacts } from "../../../workers/portal/db/access-audits.ts";
import { buildSteps } from "../../../workers/portal/pages/access-audit/move-in-steps.ts";

const none = Object.fromEntries(auditClasses.map((each) => [each, 0])) as AuditCounts;

const facts = (
  found: Partial<AuditCounts>,
  imports: { imported: number; importedOfLast: number },
): MoveInFacts => ({
  isConnected: true,
  products: 1,
  source: "metadata",
  mappedCustomers: 0,
  audit: { auditId: "job_2", status: "finished" },
  lastAudit: { auditId: "job_2", finishedAt: 1, subscriptions: 30, counts: { ...none, ...found } },
  ...imports,
  hasFirstImports: imports.imported >= 20,
  hasShadow: true,
  disagreements: 0,
});

const isDone = (known: MoveInFacts, title: string) =>
  buildSteps(known).find((step) => step.title === title)?.done;

describe("the steps of moving in", () => {
  it("imports of an earlier audit are none of what the last one found", () => {
    const known = facts({ not_imported: 10 }, { imported: 25, importedOfLast: 0 });
    expect(["Import the first 20", "Import all", "Cut over"].map((title) => isDone(known, title))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("are done once the last audit's purchases are imported", () => {
    const known = facts({ not_imported: 10 }, { imported: 35, importedOfLast: 10 });
    expect(buildSteps(known).every(({ done }) => done)).toBe(true);
  });
});
