import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import { decodeText } from "../../../workers/portal/http/decode-text.ts";
import { formatRefs, parseRefs } from "../../../workers/portal/pages/bulk/parse-refs.ts";

const cases: [title: string, text: string, refs: string[], doubled?: number][] = [
  ["one per line", "user_1\nuser_2", ["user_1", "user_2"]],
  ["line ends of Windows and blank lines", "user_1\r\n\r\n  user_2 \r\n", ["user_1", "user_2"]],
  ["a byte order mark", "\uFEFFuser_1", ["user_1"]],
  ["doubled lines", "user_1\nuser_2\nuser_1", ["user_1", "user_2"], 1],
  ["names with commas, without a header", "acme, inc\nuser_2", ["acme, inc", "user_2"]],
  ["quoted names, without a header", '"user_1"\n"a ""b"""', ["user_1", 'a "b"']],
  ["CSV with the column second", "name,subject_ref\nAda,user_1\nBob,user_2", ["user_1", "user_2"]],
  ["CSV with quotes", 'subject_ref,name\n"acme, inc",Ada', ["acme, inc"]],
  ["CSV with semicolons", "id;Subject_Ref\n1;user_1", ["user_1"]],
  ["CSV with tabs", "subject_ref\tname\nuser_1\tAda", ["user_1"]],
  ["CSV with a line that is too short", "name,subject_ref\nAda\nBob,user_2", ["user_2"]],
  ["an unclosed quote", '"user_1\nuser_2', ['"user_1', "user_2"]],
  ["nothing", "\n \n", []],
];

describe("a list of customers", () => {
  it.each(cases)("is read from %s", (_title, text, refs, doubled = 0) => {
    expect(parseRefs(text)).toEqual({ refs, doubled });
  });

  it("is read exactly as it was written, whatever the names are", () => {
    const ref = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((text) => {
      return subjectRefSchema.safeParse(text).success;
    });
    fc.assert(
      fc.property(fc.uniqueArray(ref), (refs) => {
        expect(parseRefs(formatRefs(refs))).toEqual({ refs, doubled: 0 });
      }),
    );
    expect(parseRefs(formatRefs(["subject_ref", 'a",subject_ref', '"q"']))).toEqual({
      refs: ["subject_ref", 'a",subject_ref', '"q"'],
      doubled: 0,
    });
  });
});

describe("the text of a file", () => {
  it.each<[encoding: string, bytes: number[]]>([
    ["UTF-8", [0xc3, 0xbc, 0x62]],
    ["UTF-8 with a byte order mark", [0xef, 0xbb, 0xbf, 0xc3, 0xbc, 0x62]],
    ["UTF-16, little endian, with a mark", [0xff, 0xfe, 0xfc, 0, 0x62, 0]],
    ["UTF-16, big endian, with a mark", [0xfe, 0xff, 0, 0xfc, 0, 0x62]],
    ["UTF-16 without a mark", [0xfc, 0, 0x62, 0]],
    ["Windows-1252", [0xfc, 0x62]],
  ])("is decoded from %s", (_encoding, bytes) => {
    expect(decodeText(new Uint8Array(bytes))).toBe("üb");
  });
});
