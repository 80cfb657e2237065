import { describe, expect, it } from "vitest";
import { parseAnswers } from "../../../workers/portal/pages/shadow/parse-answers.ts";

const user = (number: number, appAllowed = true) => ({ subjectRef: `user_${number}`, appAllowed });

describe("a list of an app's answers", () => {
  it.each([
    ["with a header", "subject_ref,allowed\nuser_1,true\nuser_2,false"],
    ["without a header", "user_1,true\nuser_2,false"],
    ["with columns in another order, and others", "plan,Allowed,subject_ref\npro,TRUE,user_1\n,False,user_2"],
    ["with semicolons", "subject_ref;allowed\r\nuser_1;true\r\nuser_2;false\r\n"],
    ["with tabs, a byte order mark and blank lines", "\uFEFFuser_1\ttrue\n\n  \nuser_2\tfalse\n"],
    ["with quotes", '"user_1","true"\n"user_2",false'],
  ])("is read %s", (_title, text) => {
    expect(parseAnswers(text)).toEqual({
      answers: [user(1), user(2, false)],
      doubled: 0,
      problems: [],
      wrong: 0,
    });
  });

  it("counts a repeated line, and refuses one with another answer", () => {
    expect(parseAnswers("user_1,true\nuser_1,TRUE")).toMatchObject({
      answers: [user(1)],
      doubled: 1,
      wrong: 0,
    });
    expect(parseAnswers("user_1,true\n\nuser_1,false")).toMatchObject({
      wrong: 1,
      problems: ["Line 3: user_1 has another answer in an earlier line. Keep one of the two."],
    });
  });

  it.each([
    ["user_1,maybe", "Line 1: allowed is “maybe”. Enter true or false."],
    ["subject_ref,allowed\nuser_1,", "Line 2: allowed is missing. Enter true or false."],
    ["subject_ref,allowed\n,true", "Line 2: subject_ref is missing."],
    ["subject_ref,allowed\nuser\u0007,true", "Line 2: subject_ref must"],
    [`${"x".repeat(256)},true`, "Line 1: subject_ref must be at most 255 bytes in UTF-8."],
    ["user_1", "The first line has no two columns. Name the columns subject_ref and allowed."],
    ["a,b,c", "The first line has no two columns. Name the columns subject_ref and allowed."],
    [
      "subject_ref,plan\nuser_1,pro",
      "The header has no column allowed. Name the columns subject_ref and allowed.",
    ],
    ["subject_ref,allowed\n", "The list has a header only. Add a line per customer."],
    [" \n", "The list is empty. Add a line per customer."],
    ["PK\u0003\u0004xl/workbook.xml", "This is not a text file. Save the sheet as CSV, then upload it."],
    ["user_1,\u0000true", "This is not a text file. Save the sheet as CSV, then upload it."],
  ])("names the problem of %j", (text, problem) => {
    const { problems, wrong } = parseAnswers(text);
    expect(wrong).toBe(1);
    expect(problems[0]).toContain(problem);
  });

  it("takes 1,000 customers and no more, and names 20 problems", () => {
    const lines = (count: number, answer: string) =>
      Array.from({ length: count }, (_, index) => `user_${index},${answer}`).join("\n");
    expect(parseAnswers(lines(1_000, "true")).answers.length).toBe(1_000);
    expect(parseAnswers(lines(1_001, "true")).problems).toEqual([
      "The list has more than 1,000 customers. Upload up to 1,000 at a time.",
    ]);
    const bad = parseAnswers(lines(30, "yes"));
    expect([bad.problems.length, bad.wrong]).toEqual([20, 30]);
  });
});
