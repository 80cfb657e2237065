/**
 * Returns the changelog's section of a version, without its heading.
 *
 * @param tag `v` and the version of `package.json`, for example `v0.1.0`
 * @throws Error if the tag is another version's, or the section is missing, empty or has no date
 */
export function findReleaseNotes(tag: string, version: string, changelog: string): string {
  if (tag !== `v${version}`)
    throw new Error(`The tag ${tag} is not v${version}, the version of package.json.`);
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`${version} - `));
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## ${version} - <date>".`);
  const [heading = "", ...lines] = section.split("\n");
  if (!/ - \d{4}-\d\d-\d\d$/.test(heading))
    throw new Error(`The section of ${version} in CHANGELOG.md has no date, such as 2026-11-29.`);
  const notes = lines.join("\n").trim();
  if (notes === "") throw new Error(`The section of ${version} in CHANGELOG.md is empty.`);
  return notes;
}
