import { describe, expect, it } from "vitest";
import { auditActions } from "../../../shared/contract/operations/table.ts";
import {
  auditActionLabels,
  formatFieldValue,
  toFieldLabel,
} from "../../../workers/portal/components/labels/audit.ts";

describe("words of the audit log", () => {
  it("each action has its own words", () => {
    expect(Object.keys(auditActionLabels).toSorted()).toEqual([...auditActions].toSorted());
    expect(new Set(Object.values(auditActionLabels)).size).toBe(auditActions.length);
  });

  it.each([
    ["productCode", "Product code"],
    ["noteId", "Note ID"],
    ["successUrl", "Success URL"],
    ["expiresAt", "Ends"],
    ["event_types", "Event types"],
  ])("toFieldLabel() names %s %s", (name, label) => expect(toFieldLabel(name)).toBe(label));

  it.each([
    ["units", 1_000, "1,000"],
    ["archivedAt", 1_764_374_400_000, "29 Nov 2025, 00:00:00 UTC"],
    ["isEnabled", false, "No"],
    ["eventTypes", ["usage.consumed", "purchase.finalized"], "usage.consumed, purchase.finalized"],
    ["eventTypes", [], "—"],
    ["durationDays", null, "—"],
    ["reason", "paid_elsewhere: Invoice 2077", "Paid outside Stripe: Invoice 2077"],
    ["reason", "unknown: kept", "unknown: kept"],
    ["rule", { isEnabled: true, threshold: 3 }, "Is enabled: Yes, Threshold: 3"],
  ])("formatFieldValue() formats %s of %j as %s", (name, value, text) =>
    expect(formatFieldValue(name, value, "UTC")).toBe(text),
  );

  it("formatFieldValue() formats times in the zone, inside of objects too", () => {
    const at = Date.UTC(2026, 10, 29, 4, 30);
    expect(formatFieldValue("expiresAt", at, "America/New_York")).toBe("28 Nov 2026, 23:30:00 EST");
    expect(formatFieldValue("key", { expiresAt: at }, "Asia/Tokyo")).toBe(
      "Ends: 29 Nov 2026, 13:30:00 GMT+9",
    );
  });
});
