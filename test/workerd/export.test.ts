import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { verifyExport } from "../../scripts/export/verify.ts";
import type { OperatorCaller, OperatorRpc, Place } from "../../shared/contract/operator.ts";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { subjectName } from "../../shared/domain/subject-name.ts";
import { newAccount, newMember } from "./members.ts";
import { consumption, env, packOf, purchase } from "./subjects.ts";

const operator = exports.OperatorEntrypoint;

/** Creates an account with a customer that has `count` consumes. */
async function customerWith(count: number) {
  const account = await newAccount();
  const place = { projectId: account.projectId, mode: "test" as const };
  const identity = { ...place, subjectRef: "user_1", region: "weur" as const };
  const stub = env.SUBJECT.get(env.SUBJECT.idFromName(subjectName(identity)));
  await stub.applyStripe(identity, purchase("bought", packOf(100_000), 1_000));
  await Promise.all(
    Array.from({ length: count }, (_, index) => stub.consume(identity, consumption(1, `k${index}`))),
  );
  await stub.wake();
  const { caller } = await newMember(account, "owner");
  return { account, place, identity, stub, caller };
}

async function exported(caller: OperatorCaller, place: Place) {
  let text = "";
  let parts = 0;
  for (let cursor: string | null = null; ; parts++) {
    const part: Awaited<ReturnType<OperatorRpc["exportCustomer"]>> = await operator.exportCustomer(
      caller,
      place,
      "user_1",
      cursor,
    );
    if (part.outcome === "refused") throw new Error(part.message);
    text += part.text;
    if (part.next === null) return { text, file: JSON.parse(text), parts };
    cursor = part.next;
  }
}

describe("exportCustomer", () => {
  it("an export returns its parts as of the moment it began", async () => {
    const { caller, place, identity, stub } = await customerWith(1_200);
    const first = await operator.exportCustomer(caller, place, "user_1", null);
    if (first.outcome === "refused" || first.next === null) throw new Error("refused");
    await stub.consume(identity, consumption(1, "meanwhile"));
    const second = await operator.exportCustomer(caller, place, "user_1", first.next);
    if (second.outcome === "refused") throw new Error(second.message);
    expect(second.text.match(/"sequence"/g)).toHaveLength(500);
    const { text, file } = await exported(caller, place);
    expect(verifyExport(text).faults).toEqual([]);
    expect(file.ledger).toHaveLength(1_202);
  });

  it("an export begins at the checkpoint and is refused when history is folded while it runs", async () => {
    const { account, place, identity, stub } = await customerWith(600);
    const early = await newMember(account, "owner");
    const begun = await operator.exportCustomer(early.caller, place, "user_1", null);
    await env.DEV.advance(92 * dayMs);
    await stub.consume(identity, consumption(1, "today"));
    await stub.wake();
    const cursor = begun.outcome === "done" ? begun.next : null;
    expect(await operator.exportCustomer(early.caller, place, "user_1", cursor)).toMatchObject({
      reason: "conflict",
    });
    const { text, file } = await exported(early.caller, place);
    expect(verifyExport(text).faults).toEqual([]);
    expect(file).toMatchObject({ checkpoint: { sequence: 601 }, ledger: [{ sequence: 602 }] });
    expect(file.folded_requests).toHaveLength(600);
  });

  it("an export requires an owner with recent authentication, even in test mode", async () => {
    const { account, place } = await customerWith(1);
    const stale = await newMember(account, "owner", { provenAt: new Date(Date.now() - 31 * 60_000) });
    expect(await operator.exportCustomer(stale.caller, place, "user_1", null)).toMatchObject({
      reason: "proof_needed",
    });
    const admin = await newMember(account, "admin");
    expect(await operator.exportCustomer(admin.caller, place, "user_1", null)).toMatchObject({
      reason: "not_allowed",
    });
  });
});
