import { describe, expect, it } from "vitest";
import { isTestFile, read, readSourceFiles } from "./source-files.ts";

/**
 * A password, a code and the setup token are checked in one place, with the limits:
 * workers/portal/auth/check-credential.ts. These functions and this secret do the checking.
 */
const checking: Record<string, string[]> = {
  verifyPassword: ["auth/check-credential.ts", "auth/password.ts", "auth/sign-in-service.ts"],
  signInEmail: ["auth/check-credential.ts"],
  useCode: ["auth/check-credential.ts", "auth/second-factor.ts"],
  confirmWithCode: ["auth/check-credential.ts", "auth/second-factor.ts"],
  findTimeStep: ["auth/second-factor.ts", "auth/totp.ts"],
  SETUP_TOKEN: ["auth/check-credential.ts", "env.ts", "pages/sign-in/page.tsx"],
  takeTimeStep: ["auth/second-factor.ts", "db/second-factors.ts"],
};

/** What better-auth would check without our limits, and without counting a time step once. */
const forbidden = /\b(verifyTOTP|verifyBackupCode|disableTwoFactor)\b/;

const files = readSourceFiles("workers/portal").filter(({ path }) => !isTestFile(path));

describe("checks of a password, a code or the setup token", () => {
  it.each(Object.entries(checking))("%s is used only where the limits are", (name, allowed) => {
    const users = files.filter(({ path }) => new RegExp(`\\b${name}\\b`).test(read(path)));
    expect(users.map(({ path }) => path.replace("workers/portal/", "")).toSorted()).toEqual(
      allowed.toSorted(),
    );
  });

  it("no page calls the checks of better-auth", () => {
    const users = files.filter(({ path }) =>
      forbidden.test(read(path).replace(/^\s*(\/\/|\*|\/\*).*$/gm, "")),
    );
    expect(users.map(({ path }) => path)).toEqual([]);
  });
});
