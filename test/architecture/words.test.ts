import { describe, expect, it } from "vitest";
import {
  checkedFiles,
  findAllBannedWords,
  findBannedWords,
  findInComments,
  findInMarkdown,
  findInSource,
} from "./banned-words.ts";
import { readPiecesOfFile } from "./source-text.ts";

const source = `
/** The caller is told. */
import { tellRequest } from "./x.ts";
// A door, twice: tellRequest.
const pattern = /told/;
export const url = \`https://x.example/\${pattern.source} anew\`;
export const a = tellRequest("whose");
export const button = <b title="mend">things {url}</b>;
it("asks twice", () => "asked");
it.each(["told"])("mends %s");
`;

describe("banned words", () => {
  it("findBannedWords() finds whole words in any case, phrases and British spelling", () => {
    expect(findBannedWords("Told of the DOOR, done by hand. Its behaviour was optimised.")).toEqual([
      "told",
      "door",
      "by hand",
      "behaviour",
      "optimised",
    ]);
    expect(findBannedWords("It was sent meanwhile. As it is, so it stays, as it is sent.")).toEqual([
      "meanwhile",
      "as it is",
    ]);
  });

  it("findBannedWords() allows longer words, idioms and quotations", () => {
    expect(
      findBannedWords('A standalone stand-in stands in for Stripe, which says "you are told". Nothing else.'),
    ).toEqual([]);
    expect(findBannedWords("besides, a task of the warehouse, as soon as it is. `told`")).toEqual([]);
  });

  it("findInSource() reports comments, identifiers, strings and test names with their lines", () => {
    expect(findInSource("workers/runtime/x.tsx", source)).toEqual([
      'workers/runtime/x.tsx:3: "tell" in the identifier: tell Request',
      'workers/runtime/x.tsx:6: "anew" in the string: anew',
      'workers/runtime/x.tsx:7: "whose" in the string: whose',
      'workers/runtime/x.tsx:8: "mend" in the string: mend',
      'workers/runtime/x.tsx:8: "things" in the string: things',
      'workers/runtime/x.tsx:9: "asks" in the test name: asks twice',
      'workers/runtime/x.tsx:9: "asked" in the string: asked',
      'workers/runtime/x.tsx:10: "told" in the string: told',
      'workers/runtime/x.tsx:10: "mends" in the test name: mends %s',
      'workers/runtime/x.tsx:2: "told" in the comment: The caller is told.',
      'workers/runtime/x.tsx:4: "door" in the comment: A door, twice: tellRequest.',
    ]);
  });

  it("findInSource() exempts the strings of tests, and nothing else there", () => {
    expect(findInSource("workers/portal/x.tsx", source)).toHaveLength(11);
    expect(findInSource("test/system/x.tsx", source)).toHaveLength(5);
  });

  it("findInMarkdown() and findInComments() report the line and skip code", () => {
    expect(findInMarkdown("README.md", "A\n```sh\ntold\n```\nThis was told by `told`.")).toEqual([
      'README.md:5: "told" in: This was told by `told`.',
    ]);
    expect(findInComments("x.toml", 'a = "told"\n# told\n')).toEqual([
      'x.toml:2: "told" in the comment: # told',
    ]);
    expect(findInComments("x.css", "a {}\n/* told */\n")).toEqual([
      'x.css:2: "told" in the comment: /* told */',
    ]);
  });

  it("the word check sees the whole repository, and comments and identifiers in nearly every file", () => {
    expect(checkedFiles.source.length).toBeGreaterThan(400);
    expect(checkedFiles.markdown.length).toBeGreaterThan(25);
    expect(checkedFiles.comments.length).toBeGreaterThan(10);
    const kinds = checkedFiles.source.map((path) => new Set(readPiecesOfFile(path).map(({ kind }) => kind)));
    expect(kinds.filter((found) => found.has("identifier")).length).toBeGreaterThan(kinds.length * 0.98);
    expect(kinds.filter((found) => found.has("comment")).length).toBeGreaterThan(kinds.length * 0.5);
    expect(kinds.filter((found) => found.has("test name")).length).toBeGreaterThan(80);
  }, 60_000);

  it("comments, documents, identifiers and messages use no banned word", () => {
    expect(findAllBannedWords()).toEqual([]);
  }, 60_000);
});
