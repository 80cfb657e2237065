import { describe, expect, it } from "vitest";
import { checkSetupToken } from "../../../workers/portal/auth/check-credential.ts";
import type { PortalContext } from "../../../workers/portal/request-context.ts";

/** A database in which setup is not over. */
const emptyDatabase = {
  prepare: () => ({ bind: () => ({ raw: async () => [] }) }),
} as unknown as D1Database;

const check = (expected: string | undefined, token: string) => {
  const route = { checksCredential: true, method: "GET", path: "/setup" };
  const c = { env: { DB: emptyDatabase, SETUP_TOKEN: expected }, get: () => route };
  return checkSetupToken(c as unknown as PortalContext, token);
};

const long = "x".repeat(32);

describe("setup token", () => {
  it("the right token opens setup", async () => {
    expect(await check(long, long)).toBe(true);
  });

  it("a token that could be guessed opens nothing, even the right one", async () => {
    for (const short of [undefined, "", "setup", "x".repeat(31)])
      expect(await check(short, short ?? ""), short).toBe(false);
  });
});
