import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type AlertMessageContent, alertRuleNames, declarationOf } from "../../shared/contract/alerts.ts";
import { toMail, toSlackBody } from "../../workers/deliveries/alerts/format-message.ts";

const page = readFileSync(resolve(import.meta.dirname, "../../docs/alerts.md"), "utf8");

describe("alert rules", () => {
  it("docs/alerts.md lists every rule with its kind, where it goes and its default threshold", () => {
    const [, table = ""] = /^\| rule \| title .*\n.*\n((?:\|.*\n)+)/m.exec(page) ?? [];
    const declared = alertRuleNames.map((rule) => {
      const { title, kind, sends, threshold } = declarationOf(rule);
      const limit = threshold === null ? "none" : `${threshold.fallback} ${threshold.unit}`;
      return `| \`${rule}\` | ${title} | ${kind} | ${sends ? "inbox and channels" : "inbox"} | ${limit} |`;
    });
    expect(table.trim().split("\n")).toEqual(declared);
  });

  it("a default threshold is within its range", () => {
    const thresholds = alertRuleNames.flatMap((rule) => declarationOf(rule).threshold ?? []);
    expect(thresholds.length).toBeGreaterThan(3);
    for (const { fallback, min, max } of thresholds) {
      expect(fallback).toBeGreaterThanOrEqual(min);
      expect(fallback).toBeLessThanOrEqual(max);
    }
  });
});

describe("messages", () => {
  const content: AlertMessageContent = {
    kind: "fired",
    project_id: "prj_1",
    project_name: "Shop\r\nBcc: other@example.com",
    mode: "live",
    alert_id: "alr_1",
    rule: "past_due",
    title: "Payment past due",
    cause: "The renewal of <!channel> & <PRO> could not be collected.",
    subject_ref: "<https://evil.example|user>",
    lines: [],
    count: 1,
    at: 0,
  };

  it("a name with markup mentions no one in Slack and makes no link", () => {
    const { text } = JSON.parse(toSlackBody(content, null)) as { text: string };
    expect(text).not.toMatch(/[<>]/);
    expect(text).toContain("&lt;!channel&gt; &amp; &lt;PRO&gt;");
  });

  it("a name with a line break adds no header to a mail, and markup is escaped in its HTML", () => {
    const { subject, html } = toMail(content, "https://licenzy.example");
    expect(subject).toBe("Payment past due (Shop Bcc: other@example.com, LIVE)");
    expect(html).toContain('<a href="https://licenzy.example/p/prj_1/live/inbox">');
    expect(html).not.toContain("<PRO>");
  });
});
