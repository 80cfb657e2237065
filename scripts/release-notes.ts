import { readFile } from "node:fs/promises";
import { findReleaseNotes } from "./release/release-notes.ts";

// `npm run release-notes -- v0.1.0` prints the changelog's section of a tag. The workflow of a release publishes it.
const [tag = ""] = process.argv.slice(2);
const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
try {
  console.log(findReleaseNotes(tag, version, await readFile("CHANGELOG.md", "utf8")));
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
