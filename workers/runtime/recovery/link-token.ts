import { createHmac } from "node:crypto";
import type { Mode } from "../../../shared/contract/enums.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { base32Alphabet, decodeBase32, encodeBase32 } from "../../../shared/kit/base32.ts";
import { equalInConstantTime } from "../../../shared/kit/hash.ts";
import { databaseNumberOf } from "../../../shared/kit/ids.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";

/** What a link's signature covers. The customer is in it as a tag. */
export interface SignedLink {
  linkId: string;
  projectId: string;
  mode: Mode;
  subjectRef: string;
  expiresAt: number;
}

const idPrefix = "lnk_";
/** 128 bits, in bytes. */
const signatureLength = 16;
const form = /^([0-3][0-9a-hjkmnp-tv-z])([0-9a-hjkmnp-tv-z]{26})([0-9a-hjkmnp-tv-z]{26})$/;

/**
 * Returns the token of a link: the number of its data database, its id, which is the nonce, and the signature, 54 base-32
 * characters in all. It names neither project nor customer, and survives a mail program that changes neither letters nor
 * digits.
 */
export function buildLinkToken(secret: string, link: SignedLink): string {
  const database = databaseNumberOf(link.projectId);
  const place = base32Alphabet.charAt(database >> 5) + base32Alphabet.charAt(database & 31);
  return place + link.linkId.slice(idPrefix.length) + encodeBase32(sign(secret, link));
}

/** Returns the parts of a token; `null` for a text that is none. Nothing is verified yet. */
export function parseLinkToken(
  token: string,
): { database: number; linkId: string; signature: Uint8Array } | null {
  const [, place = "", id, code = ""] = form.exec(token) ?? [];
  const signature = decodeBase32(code);
  if (id === undefined || signature === null) return null;
  const [high = 0, low = 0] = [...place].map((character) => base32Alphabet.indexOf(character));
  return { database: high * 32 + low, linkId: idPrefix + id, signature };
}

export function hasValidSignature(secret: string, link: SignedLink, signature: Uint8Array): boolean {
  return equalInConstantTime(sign(secret, link), signature);
}

function sign(secret: string, link: SignedLink): Uint8Array {
  const { linkId, projectId, mode, expiresAt } = link;
  const signed = ["recovery link", projectId, mode, subjectTag(subjectName(link)), expiresAt, linkId];
  return createHmac("sha256", secret).update(signed.join("\n")).digest().subarray(0, signatureLength);
}
