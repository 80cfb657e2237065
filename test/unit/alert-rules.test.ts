import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type AlertMessageContent, alertRuleNames, declarationOf } from "../../shared/contract/alerts.ts";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { findConditions } from "../../workers/deliveries/alerts/find-conditions.ts";
import { toMail, toSlackBody } from "../../workers/deliveries/alerts/format-message.ts";
import type { AlertFacts } from "../../workers/deliveries/db/alert-facts.ts";

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

describe("causes", () => {
  const nothing: AlertFacts = {
    connection: null,
    silence: null,
    failedEvents: [],
    failingSweeps: [],
    endpoints: [],
    keys: [],
    copy: { unwritten: 0, overdue: 0, overdueSince: null },
    denials: { recent: 0, highest: null, since: null },
    disputes: [],
    entitlements: [],
    lastAudit: null,
    settings: [],
  };
  const listCauses = (facts: Partial<AlertFacts>) =>
    findConditions({ ...nothing, ...facts }, 100 * 60_000).map(({ cause }) => cause);

  it("background work that fails is named by what it does, also in a further database", () => {
    const sweeps = ["termsRollouts", "inboxReads in DATA_01"];
    expect(listCauses({ failingSweeps: sweeps.map((sweep) => ({ sweep, since: 0 })) })).toEqual([
      "A background task of this installation fails in every run: updating customers after a change of included units or signals.",
      "A background task of this installation fails in every run: applying Stripe events that need an answer from Stripe in DATA_01.",
    ]);
  });

  it("denials are unusual above the highest hour of 7 days, once a day of counts is known", () => {
    const now = 100 * 60_000 + dayMs;
    const count = (denials: AlertFacts["denials"]) => findConditions({ ...nothing, denials }, now).length;
    expect(count({ recent: 26, highest: 6, since: 0 })).toBe(1);
    expect(count({ recent: 25, highest: 6, since: 0 })).toBe(0);
    expect(count({ recent: 20, highest: null, since: 0 })).toBe(1);
    expect(count({ recent: 26, highest: 6, since: now - dayMs + 1 })).toBe(0);
    expect(count({ recent: 26, highest: null, since: null })).toBe(0);
  });

  it("the name of a key with a line break adds no line", () => {
    const key = { keyId: "key_1", name: "Server\nInbox: https://evil.example", hint: "lz_…", expiresAt: 0 };
    expect(listCauses({ keys: [key] })).toEqual([
      "Server Inbox: https://evil.example (lz_…) expired on 1 Jan 1970.",
    ]);
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
    cause: "A payment for <!channel> & <PRO> is past due.",
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
