import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newId, newProjectId } from "../../../shared/kit/ids.ts";
import {
  buildLinkToken,
  hasValidSignature,
  parseLinkToken,
  type SignedLink,
} from "../../../workers/runtime/recovery/link-token.ts";

const secret = "a secret of 32 random bytes";
const link: SignedLink = {
  linkId: newId("lnk"),
  projectId: newProjectId(1_780_000_000_000, 35),
  mode: "test",
  subjectRef: "user_8812",
  expiresAt: 1_790_000_000_000,
};

const verify = (signed: SignedLink, token: string, by = secret) => {
  const parsed = parseLinkToken(token);
  return (
    parsed !== null &&
    parsed.database === 35 &&
    parsed.linkId === signed.linkId &&
    hasValidSignature(by, signed, parsed.signature)
  );
};

describe("the token of a recovery link", () => {
  const token = buildLinkToken(secret, link);

  it("is verified with its secret, and names neither customer nor project", () => {
    expect(verify(link, token)).toBe(true);
    expect(token).toMatch(/^[0-9a-hjkmnp-tv-z]{54}$/);
    expect(token).not.toContain(link.projectId.slice(4));
  });

  it.each<[string, Partial<SignedLink>]>([
    ["another project", { projectId: newId("prj") }],
    ["live mode", { mode: "live" }],
    ["another customer", { subjectRef: "user_8813" }],
    ["a later end", { expiresAt: link.expiresAt + 1 }],
    ["another nonce", { linkId: newId("lnk") }],
  ])("does not fit %s", (_, change) => {
    const signature = parseLinkToken(token)?.signature ?? new Uint8Array();
    expect(hasValidSignature(secret, link, signature)).toBe(true);
    expect(hasValidSignature(secret, { ...link, ...change }, signature)).toBe(false);
  });

  it("does not fit another secret, nor any changed character", () => {
    expect(verify(link, token, "the secret after a rotation")).toBe(false);
    fc.assert(
      fc.property(
        fc.nat(token.length - 1),
        fc.constantFrom(..."0123456789abcdefghjkmnpqrstvwxyz"),
        (at, by) => {
          const changed = token.slice(0, at) + by + token.slice(at + 1);
          expect(verify(link, changed)).toBe(changed === token);
        },
      ),
    );
  });

  it.each(["", "none", `${token}0`, token.slice(1), token.toUpperCase(), `${token.slice(0, 53)}u`])(
    "a text that is none is no link: %s",
    (text) => expect(parseLinkToken(text)).toBeNull(),
  );
});
