/**
 * `npm test`: every test that needs no account and no network, two kinds at a time where there are two cores, and at the
 * end one plain line of counts.
 * `npm test -- unit workerd` runs only these kinds. `npm test -- --changed` runs what the uncommitted changes touch, and
 * `--changed=main` what changed since main.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { findChromium } from "../dev/browser/chromium.ts";
import { run } from "./run.ts";

const memoryFolder = "/dev/shm";
/** The longest first, so that the lanes end at about the same time. */
const kinds = ["system", "browser", "fault", "workerd", "unit", "stripe", "dev"];
/** Tests of these kinds import what they test, so vitest knows what a change touches. */
const importingKinds = ["unit", "workerd"];
/** Runs after any change of what is served: the kinds that test over HTTP import none of it. */
const mainJobTest = "test/system/main-job.test.ts";

/** A run that hangs fails by itself. The longest test takes less than half of this. */
const silenceLimitMs = 600_000;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** One line per failure: what failed and the first line of why. */
  failures: string[];
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: {
    name: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

interface KindRun {
  kind: string;
  /** The folder of the reports. */
  folder: string;
  /** Further arguments of vitest. */
  selection: string[];
  /** Begins each line of its output. */
  prefix: string;
}

async function runKind({ kind, folder, selection, prefix }: KindRun): Promise<Counts> {
  const report = join(folder, `${kind}.json`);
  const startedAt = Date.now();
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { code } = await run("npx", ["vitest", "run", "--project", kind, ...reporters, ...selection], {
    prefix,
    silenceLimitMs,
  });
  const counts = await readCounts(kind, report, code);
  console.log(`${kind}: ${((Date.now() - startedAt) / 1000).toFixed(0)} s\n`);
  return counts;
}

/** Counts a run that ended without a report, or badly although no test failed, as one failure. */
async function readCounts(kind: string, report: string, code: number): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
  try {
    const read = JSON.parse(await readFile(report, "utf8")) as VitestReport;
    counts.passed = read.numPassedTests;
    counts.failed = read.numFailedTests;
    counts.skipped = read.numPendingTests;
    counts.failures = namesOfFailures(kind, read);
  } catch (error) {
    counts.failures.push(`${kind}: no report was written: ${error}`);
  }
  if (code !== 0 && counts.failed === 0) {
    counts.failed = 1;
    counts.failures.push(
      `${kind}: vitest ended with ${code} although no test failed; its output above says why`,
    );
  }
  return counts;
}

function namesOfFailures(kind: string, report: VitestReport): string[] {
  return report.testResults.flatMap((file) => {
    const path = relative(process.cwd(), file.name);
    return file.assertionResults
      .filter(({ status }) => status === "failed")
      .map(
        ({ fullName, failureMessages }) =>
          `${kind}: ${path}: ${fullName}\n    ${firstLine(failureMessages[0])}`,
      );
  });
}

function firstLine(message = "no message"): string {
  return message.split("\n", 1)[0] ?? message;
}

/** Returns the paths that differ from `since`, with those that git does not track yet. */
function listChanges(since: string): string[] {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).split("\n");
  return [
    ...git("diff", "--name-only", "--diff-filter=d", since),
    ...git("ls-files", "--others", "--exclude-standard"),
  ].filter((path) => path !== "");
}

/** Returns vitest's arguments per kind for what changed since a commit. A kind without any does not run. */
function selectChanged(since: string): Map<string, string[]> {
  const changes = listChanges(since);
  const selections = new Map(
    importingKinds.map((kind) => [kind, [`--changed=${since}`, "--passWithNoTests"]]),
  );
  for (const kind of kinds.filter((name) => !importingKinds.includes(name))) {
    const files = changes.filter((path) => path.startsWith(`test/${kind}/`) && path.endsWith(".test.ts"));
    const isServed = changes.some((path) => /^(dev|migrations|shared|workers)\//.test(path));
    if (kind === "system" && isServed && !files.includes(mainJobTest)) files.push(mainJobTest);
    if (files.length > 0) selections.set(kind, files);
  }
  return selections;
}

const options = process.argv.slice(2);
const changed = options.find((option) => /^--changed(=|$)/.test(option));
const wanted = options.filter((option) => option !== changed);
const unknown = wanted.filter((kind) => !kinds.includes(kind));
if (unknown.length > 0) {
  console.error(`There is no kind of test named ${unknown.join(", ")}. Kinds: ${kinds.join(", ")}.`);
  process.exit(2);
}
const selections =
  changed === undefined
    ? new Map(kinds.map((kind): [string, string[]] => [kind, []]))
    : selectChanged(changed.split("=")[1] || "HEAD");

// Thousands of objects commit in these tests: in memory, where there is such a folder, they don't wait for the disk. A
// SIGKILL leaves the same there.
if (process.env["TMPDIR"] === undefined && existsSync(memoryFolder)) process.env["TMPDIR"] = memoryFolder;
const chosen = [...selections.keys()].filter((kind) => wanted.length === 0 || wanted.includes(kind));
if (chosen.includes("browser") && findChromium() === undefined)
  console.log("browser: skipped, there is no Chromium on the PATH or in CHROME_PATH.\n");

const folder = await mkdtemp(join(tmpdir(), "licenzy-test-"));
const total: Counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
const waiting = [...chosen];
const isShared = chosen.length > 1 && availableParallelism() > 1;

async function runLane(): Promise<void> {
  for (let kind = waiting.shift(); kind !== undefined; kind = waiting.shift()) {
    const prefix = isShared ? `${kind.padEnd(7)} | ` : "";
    const counts = await runKind({ kind, folder, selection: selections.get(kind) ?? [], prefix });
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    total.failures.push(...counts.failures);
  }
}

await Promise.all(isShared ? [runLane(), runLane()] : [runLane()]);
await rm(folder, { recursive: true });

// Again at the end, for a reader who has only the last lines of a long log.
for (const failure of total.failures) console.log(`failed: ${failure}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
// Nothing at all is a defect, unless nothing was changed.
process.exitCode = total.failed === 0 && (total.passed > 0 || changed !== undefined) ? 0 : 1;
