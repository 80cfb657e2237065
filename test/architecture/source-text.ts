import { parseAst } from "vitest/node";
import { read } from "./source-files.ts";

/** One piece of a source file. `identifier` has its words separated by spaces. */
export interface Piece {
  kind: "comment" | "identifier" | "string" | "test name";
  text: string;
  line: number;
}

interface Node {
  type: string;
  start: number;
  end: number;
  [member: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

/** Calls `found` for every node below `node`. */
function walk(node: Node, found: (node: Node) => void): void {
  found(node);
  for (const member of Object.values(node))
    for (const child of Array.isArray(member) ? member : [member]) if (isNode(child)) walk(child, found);
}

/** Returns the name at the root of `it(…)`, `it.each(…)(…)` or `describe.skipIf(…)(…)`. */
function rootName(callee: Node): unknown {
  if (callee.type === "CallExpression") return rootName(callee["callee"] as Node);
  if (callee.type === "MemberExpression") return rootName(callee["object"] as Node);
  return callee["name"];
}

const separateWords = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .replace(/[_$#]+/g, " ")
    .trim();

const languageOf = (path: string) => (path.endsWith(".tsx") ? "tsx" : path.endsWith(".d.ts") ? "dts" : "ts");

/** Splits a TypeScript file into its comments, identifiers, strings (JSX text included) and test names. */
export function readPieces(path: string, text: string): Piece[] {
  const program = parseAst(text, { lang: languageOf(path) }, path) as unknown as Node;
  const pieces: Piece[] = [];
  const characters = text.split("");
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const findLine = (index: number) => lineStarts.findLastIndex((start) => start <= index) + 1;
  const add = (kind: Piece["kind"], value: string, index: number) =>
    pieces.push({ kind, text: value, line: findLine(index) });
  const blank = ({ start, end }: Node) => {
    for (let index = start; index < end; index++) if (characters[index] !== "\n") characters[index] = " ";
  };
  const testNames = new Set<number>();

  walk(program, (node) => {
    const { type, start } = node;
    if (type === "CallExpression") {
      const [name] = node["arguments"] as Node[];
      const callee = node["callee"] as Node;
      // `it.each(table)` is a member call that has no name yet.
      const hasName = callee.type !== "MemberExpression" && name !== undefined;
      if (hasName && /^(describe|it|test)$/.test(String(rootName(callee))))
        walk(name, (inner) => testNames.add(inner.start));
    }
    if (type === "Literal" || type === "JSXText" || type === "TemplateElement") {
      blank(node);
      const raw = type === "TemplateElement" ? (node["value"] as { raw: string }).raw : node["value"];
      if (typeof raw === "string") add(testNames.has(start) ? "test name" : "string", raw, start);
    }
    if (/^(JSX|Private)?Identifier$/.test(type))
      add("identifier", separateWords(String(node["name"])), start);
  });

  // Strings and regular expressions are blank by now, so that what looks like a comment is one.
  for (const match of characters.join("").matchAll(/\/\*[\s\S]*?\*\/|\/\/.*/g)) {
    const lines = match[0].replace(/^\/\*+|\*+\/$/g, "").split("\n");
    const first = findLine(match.index);
    for (const [offset, line] of lines.entries())
      pieces.push({ kind: "comment", text: line.replace(/^\s*(\/\/|\*(?!\*))/, ""), line: first + offset });
  }
  return pieces;
}

const piecesByPath = new Map<string, Piece[]>();

/** Reads the pieces of a file of the repository once. */
export function readPiecesOfFile(path: string): Piece[] {
  const pieces = piecesByPath.get(path) ?? readPieces(path, read(path));
  piecesByPath.set(path, pieces);
  return pieces;
}
