import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findReleaseNotes } from "../../../scripts/release/release-notes.ts";

const changelog = `# Changelog

## Unreleased

- Later.

## 0.2.0 - 2026-12-01

### Portal

- A page.

## 0.1.0 - 2026-11-29

The first version.
`;

describe("findReleaseNotes", () => {
  it("returns the section of the tag's version", () => {
    expect(findReleaseNotes("v0.2.0", "0.2.0", changelog)).toBe("### Portal\n\n- A page.");
    expect(findReleaseNotes("v0.1.0", "0.1.0", changelog)).toBe("The first version.");
  });

  it.each([
    ["v0.1.0", "0.2.0", changelog, /is not v0\.2\.0/],
    ["0.2.0", "0.2.0", changelog, /is not v0\.2\.0/],
    ["v0.3.0", "0.3.0", changelog, /has no section/],
    ["v0.2.0", "0.2.0", changelog.replace("2026-12-01", "Unreleased"), /has no date/],
    ["v0.1.0", "0.1.0", changelog.replace("The first version.\n", ""), /is empty/],
  ])("refuses %s of version %s", (tag, version, text, message) => {
    expect(() => findReleaseNotes(tag, version, text)).toThrow(message);
  });

  it("the newest released section of CHANGELOG.md is the version of package.json", () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    const [, newest] = /^## (\d+\.\d+\.\d+) - /m.exec(readFileSync("CHANGELOG.md", "utf8")) ?? [];
    expect(newest).toBe(version);
  });
});
