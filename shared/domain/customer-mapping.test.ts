import { describe, expect, it } from "vitest";
import { parseMapping } from "./customer-mapping.ts";

const maxLines = 100_000;

describe("parseMapping", () => {
  it("reads lines with a heading, a byte order mark, quotes, spaces and any line end", () => {
    const csv = '\uFEFFcustomer,subject_ref\r\ncus_1, user 1 \ncus_2,"a ""b"", c"\r\n\ncus_3,ü\n';
    expect(parseMapping(csv, maxLines)).toEqual({
      outcome: "lines",
      lines: [
        { customerId: "cus_1", subjectRef: "user 1" },
        { customerId: "cus_2", subjectRef: 'a "b", c' },
        { customerId: "cus_3", subjectRef: "ü" },
      ],
    });
  });

  it("lets two Stripe customers be one customer", () => {
    expect(parseMapping("cus_1,user_1\ncus_2,user_1", maxLines)).toMatchObject({ outcome: "lines" });
  });

  it.each([
    ["a doubled line", "cus_1,a\ncus_2,b\ncus_1,a", "Line 3: cus_1 is also on line 1."],
    ["two names for one customer", "cus_1,a\ncus_1,b", "Line 2: cus_1 has two names: a on line 1, and b."],
    ["a third field", "cus_1,a\ncus_2,b,c", "Line 2: Use two fields: cus_…,subject_ref."],
    ["no name", "cus_1,a\ncus_2,", "Line 2: subject_ref must not be empty."],
    [
      "a control character",
      "cus_1,a\ncus_2,b\u0007",
      "Line 2: subject_ref must not contain control characters.",
    ],
    ["another id", "cus_1,a\nsub_2,b", "Line 2: The first field is not the id of a Stripe customer."],
    ["nothing", "customer,subject_ref\n", "The file has no customer."],
  ])("refuses %s with its line", (_, csv, problem) => {
    expect(parseMapping(csv, maxLines)).toEqual({ outcome: "problems", problems: [problem], count: 1 });
  });

  it("lists the first 20 of many problems, and counts all", () => {
    const csv = ["cus_1,a", ...Array.from({ length: 50 }, () => "cus_1,b")].join("\n");
    const found = parseMapping(csv, maxLines);
    expect(found).toMatchObject({ outcome: "problems", count: 50 });
    expect(found.outcome === "problems" && found.problems).toHaveLength(20);
  });

  it("reads 100,000 lines, and refuses one more", () => {
    const lines = (count: number) => Array.from({ length: count }, (_, n) => `cus_${n},user_${n}`).join("\n");
    expect(parseMapping(lines(100_000), maxLines)).toMatchObject({ outcome: "lines" });
    expect(parseMapping(lines(100_001), maxLines)).toMatchObject({
      problems: ["The file has 100001 customers. At most 100000 are possible."],
    });
  });
});
