import { describe, expect, it } from "vitest";
import { verifyExport } from "../../scripts/export/verify.ts";
import { exportCustomer } from "../../shared/contract/operations/customers.ts";
import type { ReplyOf } from "../../shared/contract/operations/operation.ts";
import type { OperatorCaller } from "../../shared/contract/operations/reply.ts";
import type { Scope } from "../../shared/contract/scope.ts";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { subjectName } from "../../shared/domain/subject-name.ts";
import { newAccount, newMember } from "./members.ts";
import { run } from "./operator-calls.ts";
import { buildConsume, buildPack, buildPurchase, env } from "./subjects.ts";

const subjectRef = "user_1";

/** Creates an account with a customer that has `count` consumes. */
async function customerWith(count: number) {
  const account = await newAccount();
  const place = { projectId: account.projectId, mode: "test" as const };
  const identity = { ...place, subjectRef: "user_1", region: "weur" as const };
  const stub = env.SUBJECT.get(env.SUBJECT.idFromName(subjectName(identity)));
  await stub.applyStripe(identity, buildPurchase("bought", buildPack(100_000), 1_000));
  await Promise.all(
    Array.from({ length: count }, (_, index) => stub.consume(identity, buildConsume(1, `k${index}`))),
  );
  await stub.wake();
  const { caller } = await newMember(account, "owner");
  return { account, place, identity, stub, caller };
}

async function exported(caller: OperatorCaller, place: Scope) {
  let text = "";
  let parts = 0;
  for (let cursor: string | null = null; ; parts++) {
    const part: ReplyOf<typeof exportCustomer> = await run(exportCustomer, caller, place, {
      subjectRef,
      cursor,
    });
    if (part.outcome === "refused") throw new Error(part.message);
    text += part.text;
    if (part.next === null) return { text, file: JSON.parse(text), parts };
    cursor = part.next;
  }
}

describe("exportCustomer", () => {
  it("an export returns its parts as of the moment it began", async () => {
    const { caller, place, identity, stub } = await customerWith(1_200);
    const first = await run(exportCustomer, caller, place, { subjectRef, cursor: null });
    if (first.outcome === "refused" || first.next === null) throw new Error("refused");
    await stub.consume(identity, buildConsume(1, "meanwhile"));
    const second = await run(exportCustomer, caller, place, { subjectRef, cursor: first.next });
    if (second.outcome === "refused") throw new Error(second.message);
    expect(second.text.match(/"sequence"/g)).toHaveLength(500);
    const { text, file } = await exported(caller, place);
    expect(verifyExport(text).faults).toEqual([]);
    expect(file.ledger).toHaveLength(1_202);
  });

  it("an export begins at the checkpoint and is refused when history is folded while it runs", async () => {
    const { account, place, identity, stub } = await customerWith(600);
    const early = await newMember(account, "owner");
    const begun = await run(exportCustomer, early.caller, place, { subjectRef, cursor: null });
    await env.DEV.advance(92 * dayMs);
    await stub.consume(identity, buildConsume(1, "today"));
    await stub.wake();
    const cursor = begun.outcome === "done" ? begun.next : null;
    expect(await run(exportCustomer, early.caller, place, { subjectRef, cursor })).toMatchObject({
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
    expect(await run(exportCustomer, stale.caller, place, { subjectRef, cursor: null })).toMatchObject({
      reason: "reauthentication_required",
    });
    const admin = await newMember(account, "admin");
    expect(await run(exportCustomer, admin.caller, place, { subjectRef, cursor: null })).toMatchObject({
      reason: "not_allowed",
    });
  });
});
