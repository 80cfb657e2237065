import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { operations } from "../../shared/contract/operations/table.ts";

/**
 * docs/portal.md lists the permissions a second time, so that a new operation or a changed permission is noticed here.
 */
const page = readFileSync(resolve(import.meta.dirname, "../../docs/portal.md"), "utf8");
const [, table = ""] = /<!-- permissions -->\n([\s\S]*?)<!-- end of permissions -->/.exec(page) ?? [];

const when = { never: "never", live: "in live mode", always: "always" };

it("docs/portal.md says of every operation, and of no other, who may run it and what it writes to the audit log", () => {
  const [, , ...rows] = table.trim().split("\n");
  const declared = operations.map(({ name, role, recentAuth, audit }) => {
    const actions = audit.map((action) => `\`${action}\``).join(", ");
    return `| \`${name}\` | ${role} | ${when[recentAuth]} | ${actions || "none"} |`;
  });
  expect(rows).toEqual(declared);
});
