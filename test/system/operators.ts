import { createHmac, randomBytes } from "node:crypto";
import { inject } from "vitest";
import { hiddenField, PortalClient } from "../../dev/seed/portal-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import type { Role } from "../../shared/contract/roles.ts";

export interface TestOperator {
  email: string;
  password: string;
  /** A client that is signed in as this operator. */
  portal: PortalClient;
}

export async function signInAsOwner(): Promise<PortalClient> {
  const portal = new PortalClient(inject("origin"));
  const { email, password } = inject("owner");
  await portal.signIn(email, password);
  return portal;
}

/** Invites `email` and returns the path of the invitation's link. */
export async function inviteOperator(portal: PortalClient, role: Role, email: string): Promise<string> {
  const { html } = await portal.get("/team");
  const invitationId = hiddenField(html, "invitation_id");
  const reply = await portal.submit("/team/invitations", { invitation_id: invitationId, email, role });
  return /\/invitations\/[0-9a-z]+(?=<)/.exec(reply.html)?.[0] ?? "";
}

/** Creates an operator through an invitation, and moves the operator to `accountId` if it is given. */
export async function newOperator(role: Role, accountId?: string): Promise<TestOperator> {
  const name = randomBytes(6).toString("hex");
  const email = `${role}-${name}@tests.example`;
  const password = randomBytes(12).toString("hex");
  const portal = new PortalClient(inject("origin"));
  await portal.submit(await inviteOperator(await signInAsOwner(), role, email), { name, password });
  if (accountId !== undefined) await provision(inject("origin"), "moveOperator", email, accountId, role);
  return { email, password, portal };
}

export interface SecondFactor {
  secret: string;
  backupCodes: string[];
  /** The code that turned it on. */
  firstCode: string;
}

/** Turns on the operator's second factor. Its first code uses up the present time step. */
export async function turnOnSecondFactor({ portal, password }: TestOperator): Promise<SecondFactor> {
  const offer = await portal.submit("/account/second-factor", { password });
  const secret = /id="totp-secret">([A-Z2-7]+)</.exec(offer.html)?.[1] ?? "";
  const backupCodes = hiddenField(offer.html, "backup_codes").split(" ");
  const firstCode = buildTotpCode(secret);
  await portal.submit("/account/second-factor/confirm", { code: firstCode });
  return { secret, backupCodes, firstCode };
}

/**
 * Returns a time-based code as authenticator apps compute it (RFC 6238: SHA-1, 30 seconds, six digits). Each
 * time step is accepted once: `stepsAhead` 1 gives the code of the next step, which a portal accepts early.
 */
export function buildTotpCode(secret: string, stepsAhead = 0): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + stepsAhead));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = (digest[19] ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
