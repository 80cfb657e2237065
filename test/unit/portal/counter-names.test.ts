import { describe, expect, it, vi } from "vitest";
import { signInCounters } from "../../../workers/portal/auth/limits.ts";
import type { PortalContext } from "../../../workers/portal/request-context.ts";

const derivations = vi.hoisted(() => ({ count: 0 }));

vi.mock(import("node:crypto"), async (original) => {
  const crypto = await original();
  const hkdfSync: typeof crypto.hkdfSync = (...args) => {
    derivations.count++;
    return crypto.hkdfSync(...args);
  };
  return { ...crypto, hkdfSync };
});

const namesWith = (secret: string) => {
  const c = { env: { SIGN_IN_SECRET: secret }, req: { header: () => "192.0.2.1" } };
  const counters = signInCounters(c as unknown as PortalContext, "ada@example.com", null);
  return counters.map(({ name }) => name);
};

describe("the names of sign-in counters", () => {
  it("their key is derived once and not for each counter, and follows the secret", () => {
    const names = namesWith("secret-1");
    expect(names).toHaveLength(3);
    for (let index = 0; index < 50; index++) expect(namesWith("secret-1")).toEqual(names);
    expect(derivations.count).toBe(1);
    expect(namesWith("secret-2")).not.toEqual(names);
    expect(derivations.count).toBe(2);
  });
});
