import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { read, root, toRepositoryPath } from "./source-files.ts";
import { type Piece, readPieces, readPiecesOfFile } from "./source-text.ts";

/**
 * Words and phrases that the style guide of CONTRIBUTING.md replaces with the field's verbs and US spelling.
 */
const banned = [
  /tell|tells|told/,
  /ask|asks|asked/,
  /whoever|whose/,
  /anew|mend|mends/,
  /stands|lies|brings/,
  /door|house/,
  /nobody|somebody|everybody/,
  /comes to nothing|came of|became of|say again/,
  /of before|of after|of its own/,
  /for good(?! reason)|by hand|at an end/,
  /goes on|goes with it/,
  /beside/,
  /things?/,
  /so many|so much/,
  /(?:as it is|meanwhile)(?=\s*(?:[.,;:)]|$))/,
  // British spelling.
  /\w*(?:behaviour|colour|favour|honour|neighbour|labour)\w*/,
  /\w*(?:organ|recogn|optim|initial|serial|normal|author|summar|minim|maxim|anonym)is(?:e[ds]?|ers?|ing|ation)/,
  /\w*(?:canonical|special|general|final|capital|token|material|util|synchron)is(?:e[ds]?|ers?|ing|ation)/,
  /\w*(?:categor|custom|priorit|real|central|local|visual)is(?:e[ds]?|ers?|ing|ation)/,
  /\w*analys(?:e|ed|es|ing)(?!\w)/,
  /\w*(?:cancell|labell|modell|signall|travell)(?:ed|ing|er)/,
  /(?:licence|centre|catalogue|grey|fulfil|defence)s?/,
].map(({ source }) => source);

const bannedPattern = new RegExp(`(?<![\\w-])(?:${banned.join("|")})(?![\\w-])`, "gi");

/** What is allowed although it contains a banned word. */
const allowedPattern = new RegExp(
  [
    // English idioms with another meaning.
    "stands? in for|stands? for|as soon as it is|in-house",
    // The column `asked_at` of `erasures`.
    "asked at",
    // Quotations: the quoted text is checked where it is written, unless it is Stripe's or a customer's.
    '“[^”]*”|"[^"\\n]*"|`[^`\\n]*`',
  ].join("|"),
  "gi",
);

/** Returns the banned words in `text`. */
export function findBannedWords(text: string): string[] {
  const checked = text.replace(allowedPattern, (allowed) => " ".repeat(allowed.length));
  return [...checked.matchAll(bannedPattern)].map(([word]) => word.toLowerCase());
}

/** Returns one line of at most 120 characters. */
const shorten = (text: string) => text.trim().replace(/\s+/g, " ").slice(0, 120);

// Tests and the screenshots quote what others wrote. Their strings are exempt, except the names of tests.
const stringsAreExempt = /^(dev\/screenshots|test)\/|\.test\.ts$/;

function findInPieces(path: string, pieces: Piece[]): string[] {
  const seen = new Set<string>();
  return pieces.flatMap(({ kind, text, line }) => {
    if (kind === "string" && stringsAreExempt.test(path)) return [];
    // An identifier is reported where a file has it first.
    if (kind === "identifier" && seen.size === seen.add(text).size) return [];
    return findBannedWords(text).map((word) => `${path}:${line}: "${word}" in the ${kind}: ${shorten(text)}`);
  });
}

export const findInSource = (path: string, text: string) => findInPieces(path, readPieces(path, text));

/** Checks a Markdown file without its code. */
export function findInMarkdown(path: string, text: string): string[] {
  let isCode = false;
  return text.split("\n").flatMap((line, index) => {
    const isFence = line.trimStart().startsWith("```");
    if (isFence) isCode = !isCode;
    if (isFence || isCode) return [];
    return findBannedWords(line).map((word) => `${path}:${index + 1}: "${word}" in: ${shorten(line)}`);
  });
}

/** Checks the comments of a file whose comments begin with `#`, or are those of CSS. */
export function findInComments(path: string, text: string): string[] {
  const comments = path.endsWith(".css")
    ? [...text.matchAll(/\/\*[\s\S]*?\*\//g)]
    : [...text.matchAll(/^\s*#.*$/gm)];
  return comments.flatMap(({ 0: comment, index }) =>
    findBannedWords(comment).map((word) => {
      const line = text.slice(0, index).split("\n").length;
      return `${path}:${line}: "${word}" in the comment: ${shorten(comment)}`;
    }),
  );
}

/**
 * Returns the paths of all files with one of the extensions, below `folder` or in the root of the repository.
 */
function listFiles(folder: string, extensions: RegExp): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: folder !== ".", withFileTypes: true })
    .filter((entry) => entry.isFile() && extensions.test(entry.name))
    .map((entry) => toRepositoryPath(join(entry.parentPath, entry.name)))
    .toSorted();
}

const folders = [
  "workers",
  "shared",
  "scripts",
  "sdk/src",
  "dev",
  "docs-site/generator",
  "docs-site/theme",
  "test",
];

export const checkedFiles = {
  // These two have to contain the words.
  source: [".", ...folders]
    .flatMap((folder) => listFiles(folder, /\.tsx?$/))
    .filter((path) => !/^test\/architecture\/(banned-)?words(\.test)?\.ts$/.test(path)),
  markdown: [".", "docs", "docs-site/pages", "sdk"].flatMap((folder) => listFiles(folder, /\.md$/)),
  comments: [".", ...folders].flatMap((folder) => listFiles(folder, /\.(css|toml|sh)$/)),
};

/** Returns one line for each banned word in the repository: file, line, word and text. */
export function findAllBannedWords(): string[] {
  return [
    ...checkedFiles.markdown.flatMap((path) => findInMarkdown(path, read(path))),
    ...checkedFiles.comments.flatMap((path) => findInComments(path, read(path))),
    ...checkedFiles.source.flatMap((path) => findInPieces(path, readPiecesOfFile(path))),
  ];
}
