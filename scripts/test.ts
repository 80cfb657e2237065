/**
 * `npm test`: every test that needs no account and no network, kind after kind, and at the end one plain line of
 * counts. `npm test -- unit workerd` runs only these kinds.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { findChromium } from "../dev/browser/chromium.ts";
import { run } from "./run.ts";

const memoryFolder = "/dev/shm";
const kinds = ["unit", "workerd", "system", "browser", "dev", "fault"];

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

async function runKind(kind: string, folder: string): Promise<Counts> {
  const report = join(folder, `${kind}.json`);
  const startedAt = Date.now();
  const { code } = await run("npx", [
    "vitest",
    "run",
    "--project",
    kind,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  const counts = await readCounts(kind, report, code);
  console.log(`${kind}: ${((Date.now() - startedAt) / 1000).toFixed(0)} s\n`);
  return counts;
}

/** A run that ended without a report, or badly although no test failed, counts as one failure: never as nothing. */
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

const wanted = process.argv.slice(2);
const unknown = wanted.filter((kind) => !kinds.includes(kind));
if (unknown.length > 0) {
  console.error(`There is no kind of test named ${unknown.join(", ")}. Kinds: ${kinds.join(", ")}.`);
  process.exit(2);
}

// Thousands of objects commit in these tests: in memory, where there is such a folder, they don't wait for the disk. What
// a SIGKILL leaves is the same there.
if (process.env["TMPDIR"] === undefined && existsSync(memoryFolder)) process.env["TMPDIR"] = memoryFolder;
const chosen = wanted.length > 0 ? wanted : kinds;
if (chosen.includes("browser") && findChromium() === undefined)
  console.log("browser: skipped, there is no Chromium on the PATH or in CHROME_PATH.\n");

const folder = await mkdtemp(join(tmpdir(), "licenzy-test-"));
const total: Counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
for (const kind of chosen) {
  const counts = await runKind(kind, folder);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  total.failures.push(...counts.failures);
}
await rm(folder, { recursive: true });

// Again at the end: whoever has only the last lines of a long log learns what failed.
for (const failure of total.failures) console.log(`failed: ${failure}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
