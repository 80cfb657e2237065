import { subjectRefSchema } from "../contract/subject-ref.ts";

export interface MappingLine {
  customerId: string;
  subjectRef: string;
}

export type ParsedMapping =
  | { outcome: "lines"; lines: MappingLine[] }
  /** `problems` are the first ones, and `count` the number of all. */
  | { outcome: "problems"; problems: string[]; count: number };

const shownProblems = 20;

/**
 * Parses lines of `cus_…,subject_ref`. A first line without a customer is a heading. A field may be quoted, with `""` for a
 * quote. Refuses the whole file with a list of what is wrong: unreadable lines, doubled ones, and customers with two names.
 */
export function parseMapping(csv: string, maxLines: number): ParsedMapping {
  const rows = csv.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const problems: string[] = [];
  const known = new Map<string, { subjectRef: string; line: number }>();
  for (const [index, row] of rows.entries()) {
    const line = index + 1;
    if (row.trim() === "") continue;
    const fields = parseFields(row);
    if (line === 1 && fields !== null && !fields[0]?.startsWith("cus_")) continue;
    const problem = fields === null ? "Use two fields: cus_…,subject_ref." : findProblem(fields, known);
    if (problem !== null) problems.push(`Line ${line}: ${problem}`);
    else if (fields !== null) known.set(fields[0], { subjectRef: fields[1], line });
  }
  const lines = [...known].map(([customerId, { subjectRef }]) => ({ customerId, subjectRef }));
  if (lines.length > maxLines)
    problems.unshift(`The file has ${lines.length} customers. At most ${maxLines} are possible.`);
  else if (lines.length === 0 && problems.length === 0) problems.push("The file has no customer.");
  if (problems.length === 0) return { outcome: "lines", lines };
  return { outcome: "problems", problems: problems.slice(0, shownProblems), count: problems.length };
}

function findProblem(
  [customerId, subjectRef]: [string, string],
  known: ReadonlyMap<string, { subjectRef: string; line: number }>,
): string | null {
  if (!/^cus_[A-Za-z0-9]{1,250}$/.test(customerId))
    return "The first field is not the id of a Stripe customer.";
  const parsed = subjectRefSchema.safeParse(subjectRef);
  if (!parsed.success) return `${parsed.error.issues[0]?.message ?? "subject_ref is not valid"}.`;
  const earlier = known.get(customerId);
  if (earlier === undefined) return null;
  return earlier.subjectRef === subjectRef
    ? `${customerId} is also on line ${earlier.line}.`
    : `${customerId} has two names: ${earlier.subjectRef} on line ${earlier.line}, and ${subjectRef}.`;
}

const field = /("(?:[^"]|"")*"|[^",]*)/.source;
const twoFields = new RegExp(`^${field},${field}$`);

/** Returns the two fields without spaces around them, or `null` for any other number of fields. */
function parseFields(row: string): [string, string] | null {
  const [, first, second] = twoFields.exec(row.trim()) ?? [];
  if (first === undefined || second === undefined) return null;
  return [unquote(first), unquote(second)];
}

const unquote = (text: string): string =>
  text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text.trim();
