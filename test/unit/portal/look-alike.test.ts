import { describe, expect, it } from "vitest";
import { findLookAlikes } from "../../../workers/portal/components/look-alike.tsx";

describe("findLookAlikes", () => {
  it.each([
    "user_8812",
    "käthe",
    "user 1",
    "кирилл-42",
    "Ωμέγα",
    "東京タワーabc",
    "김철수",
    "مرحبا",
    "😀",
    "a&b@example.com",
  ])("marks nothing in %s", (subjectRef) => expect(findLookAlikes(subjectRef)).toEqual([]));

  it.each([
    ["user\u200b_1", "has invisible characters"],
    ["user\u00ad_1", "has invisible characters"],
    ["user_1\u2060", "has invisible characters"],
    ["abc\u202e321", "has invisible characters"],
    ["user\u00a01", "has unusual spaces"],
    ["us\u0435r_1", "mixes Latin and Cyrillic letters"],
    ["\u03bfmega", "mixes Latin and Greek letters"],
    ["ka\u0308the", "writes accents as separate characters"],
    ["\uff55ser_1", "has letters in a special form"],
  ])("marks %j: it %s", (subjectRef, reason) => expect(findLookAlikes(subjectRef)).toContain(reason));
});
