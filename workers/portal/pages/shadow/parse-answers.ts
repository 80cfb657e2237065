import { subjectRefSchema } from "../../../../shared/contract/subject-ref.ts";
import { findHeader, splitLine } from "../bulk/parse-refs.ts";

/** The most customers of one upload. */
const maxAnswers = 1_000;
/** The most problems that are named. */
const maxNamed = 20;

export interface AppAnswer {
  subjectRef: string;
  appAllowed: boolean;
}

export interface ParsedAnswers {
  /** In the order of the list, each customer once. */
  answers: AppAnswer[];
  /** How many lines named a customer again with the same answer. */
  doubled: number;
  /** What is wrong, line by line: the first 20. Nothing is compared while there is a problem. */
  problems: string[];
  /** How many lines have a problem. */
  wrong: number;
}

/**
 * Parses a list of an app's own answers: CSV with the columns `subject_ref` and `allowed`, or these two in this order
 * without a header. `allowed` is `true` or `false` in any case.
 */
export function parseAnswers(text: string): ParsedAnswers {
  if (text.startsWith("PK\u0003\u0004") || text.includes("\u0000"))
    return refuse("This is not a text file. Save the sheet as CSV, then upload it.");
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const numbered = lines
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== "");
  const [first, ...others] = numbered;
  if (first === undefined) return refuse("The list is empty. Add a line per customer.");
  const columns = findColumns(first.line);
  if (typeof columns === "string") return refuse(columns);
  const answers = new Map<string, boolean>();
  const problems: string[] = [];
  let doubled = 0;
  for (const { line, number } of columns.hasHeader ? others : numbered) {
    const cells = splitLine(line, columns.delimiter);
    const subjectRef = (cells[columns.ref] ?? "").trim();
    const allowed = (cells[columns.allowed] ?? "").trim().toLowerCase();
    const known = answers.get(subjectRef);
    const problem = findProblem(subjectRef, allowed, known);
    if (problem !== null) problems.push(`Line ${number}: ${problem}`);
    else if (known !== undefined) doubled++;
    else answers.set(subjectRef, allowed === "true");
  }
  if (answers.size === 0 && problems.length === 0)
    return refuse("The list has a header only. Add a line per customer.");
  if (answers.size > maxAnswers)
    return refuse("The list has more than 1,000 customers. Upload up to 1,000 at a time.");
  return {
    answers: [...answers].map(([subjectRef, appAllowed]) => ({ subjectRef, appAllowed })),
    doubled,
    problems: problems.slice(0, maxNamed),
    wrong: problems.length,
  };
}

const refuse = (problem: string): ParsedAnswers => ({
  answers: [],
  doubled: 0,
  problems: [problem],
  wrong: 1,
});

interface Columns {
  delimiter: string;
  ref: number;
  allowed: number;
  hasHeader: boolean;
}

function findColumns(line: string): Columns | string {
  const header = findHeader(line);
  if (header !== null) {
    const { delimiter, index } = header;
    const allowed = splitLine(line, delimiter).findIndex((cell) => cell.trim().toLowerCase() === "allowed");
    return allowed === -1
      ? "The header has no column allowed. Name the columns subject_ref and allowed."
      : { delimiter, ref: index, allowed, hasHeader: true };
  }
  const delimiter = [",", ";", "\t"].find((each) => splitLine(line, each).length === 2);
  return delimiter === undefined
    ? "The first line has no two columns. Name the columns subject_ref and allowed."
    : { delimiter, ref: 0, allowed: 1, hasHeader: false };
}

function findProblem(subjectRef: string, allowed: string, known: boolean | undefined): string | null {
  if (subjectRef === "") return "subject_ref is missing.";
  const parsed = subjectRefSchema.safeParse(subjectRef);
  if (!parsed.success) return `${parsed.error.issues[0]?.message}.`;
  if (allowed !== "true" && allowed !== "false")
    return `allowed is ${allowed === "" ? "missing" : `“${allowed.slice(0, 40)}”`}. Enter true or false.`;
  if (known !== undefined && known !== (allowed === "true"))
    return `${subjectRef} has another answer in an earlier line. Keep one of the two.`;
  return null;
}
