import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DevProcess } from "./dev-process.ts";

/** A change of one source that shows in what the stack serves. */
interface SourceEdit {
  path: string;
  /** Replaced once by a text that has the mark in it. */
  from: string;
  to(mark: string): string;
  /** Reads what shows the change. */
  read(dev: DevProcess): Promise<Response>;
}

const page = (path: string) => (dev: DevProcess) => fetch(`${dev.origin}${path}`);

export const sourceEdits: Record<string, SourceEdit> = {
  "portal page": {
    path: "workers/portal/pages/sign-in/page.tsx",
    from: "<h1>Sign in",
    to: (mark) => `<h1>${mark} Sign in`,
    read: page("/sign-in"),
  },
  "portal style": {
    path: "workers/portal/styles/base.css",
    from: "",
    to: (mark) => `.${mark} { color: red }\n`,
    read: page("/portal.css"),
  },
  island: {
    path: "workers/portal/islands/main.ts",
    from: "import ",
    to: (mark) => `(globalThis as { mark?: string }).mark = "${mark}";\nimport `,
    read: page("/portal.js"),
  },
  "runtime route": {
    path: "workers/runtime/routes/health.ts",
    from: "{ ok: true, ...",
    to: (mark) => `{ ${mark}: true, ok: true, ...`,
    read: page("/healthz"),
  },
  "shared rule": {
    path: "shared/domain/decision.ts",
    from: '?? "no_entitlement"',
    to: (mark) => `?? ("${mark}" as "no_entitlement")`,
    read: (dev) =>
      fetch(`${dev.origin}/v1/access/check`, {
        method: "POST",
        headers: { Authorization: `Bearer ${dev.file.test_key}`, "Content-Type": "application/json" },
        body: JSON.stringify({ subject_ref: "user_unknown" }),
      }),
  },
};

/** Makes the edit, waits until it is served, undoes it and waits again. Returns the milliseconds of both. */
export async function timeEdit(dev: DevProcess, edit: SourceEdit, mark: string): Promise<[number, number]> {
  const path = join(dev.folder, edit.path);
  const text = await readFile(path, "utf8");
  if (!text.includes(edit.from)) throw new Error(`${edit.path} has no ${edit.from}`);
  const isServed = async () => (await readText(dev, edit)).includes(mark);
  const edited = await timeWrite(path, text.replace(edit.from, edit.to(mark)), isServed);
  const undone = await timeWrite(path, text, async () => !(await isServed()));
  return [edited, undone];
}

async function timeWrite(path: string, text: string, until: () => Promise<boolean>): Promise<number> {
  await writeFile(path, text);
  const startedAt = Date.now();
  while (!(await until())) {
    if (Date.now() - startedAt > 30_000) throw new Error(`${path}: the edit was not served within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Date.now() - startedAt;
}

/** Reads only what was answered well: while a worker reloads, a POST may be refused. */
async function readText(dev: DevProcess, edit: SourceEdit): Promise<string> {
  for (;;) {
    const reply = await edit.read(dev);
    const text = await reply.text();
    if (reply.status !== 503) return text;
  }
}
