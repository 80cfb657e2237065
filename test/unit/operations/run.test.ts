import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { done, operation } from "../../../shared/contract/operations/operation.ts";
import type { Authorized } from "../../../shared/operations/authorize.ts";
import { type Implementation, implementer } from "../../../shared/operations/implement.ts";
import { alteredForm } from "../../../shared/operations/parse-input.ts";
import { runAuthorized, runOperation } from "../../../shared/operations/run.ts";

interface Env {
  DB: D1Database;
}

const implement = implementer<Env>();
const declared = { worker: "runtime", role: "viewer", recentAuth: "never", output: done() } as const;
const input = z.strictObject({ name: z.string() });
const inProject = operation({
  ...declared,
  name: "thing.rename",
  scope: "project",
  audit: ["thing.rename"],
  input,
});
const onAccount = operation({ ...declared, name: "account.rename", scope: "account", audit: [], input });

const execute = vi.fn(async () => ({ outcome: "done" as const }));
const table: Record<string, Implementation<Env>> = {
  "thing.rename": implement(inProject, execute),
  "account.rename": implement(onAccount, execute),
};

/** A D1 that knows no session. */
const DB = {
  prepare: () => ({ bind: () => ({}) }),
  batch: async () => [{ results: [] }, { results: [] }],
} as unknown as D1Database;
const host = { env: { DB }, waitUntil: () => {} };

const caller = { sessionToken: "guessed", ipAddress: null };
const scope = { projectId: "prj_1", mode: "test" as const };
const call = { operation: "thing.rename", caller, scope, input: { name: "A" } };

const actor = {
  accountId: "acc_1",
  operatorId: "opr_1",
  name: "Sam",
  email: "sam@a.example",
  ipAddress: null,
};
const permit: Omit<Authorized, "outcome"> = { actor, role: "viewer", now: 1_000, region: "weur" };

describe("an operation", () => {
  it("that the worker does not execute is an error of ours, also by the name of something every object has", async () => {
    for (const name of ["thing.remove", "toString", "__proto__"]) {
      const unknown = { ...call, operation: name };
      await expect(runOperation(table, host, unknown)).rejects.toThrow(`does not execute ${name}`);
      await expect(runAuthorized(table, host, permit, unknown)).rejects.toThrow(`does not execute ${name}`);
    }
    expect(execute).not.toHaveBeenCalled();
  });

  it("is not executed on a scope of another kind than its own", async () => {
    const without = { ...call, scope: null };
    await expect(runOperation(table, host, without)).rejects.toThrow("acts on a whole project");
    const within = { ...call, operation: "account.rename" };
    await expect(runOperation(table, host, within)).rejects.toThrow("acts on a whole account");
    await expect(runAuthorized(table, host, permit, within)).rejects.toThrow("acts on a whole account");
    expect(execute).not.toHaveBeenCalled();
  });

  it("validates the input only after the authorization", async () => {
    const parse = vi.spyOn(input, "safeParse");
    const damaged = { ...call, input: { name: 1 } };
    expect(await runOperation(table, host, damaged)).toMatchObject({ reason: "session_ended" });
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
    expect(await runAuthorized(table, host, permit, damaged)).toMatchObject({
      reason: "invalid",
      message: alteredForm,
    });
    expect(execute).not.toHaveBeenCalled();
  });

  it("gets the parsed input, the authorized scope, and a builder of its audit entry", async () => {
    expect(await runAuthorized(table, host, permit, call)).toEqual({ outcome: "done" });
    const [context, parsed] = execute.mock.calls[0] as unknown as Parameters<
      Parameters<typeof implement<typeof inProject>>[1]
    >;
    expect(parsed).toEqual({ name: "A" });
    expect(context).toMatchObject({ ...permit, scope, env: host.env });
    expect(context.audit({ target: "t", after: { name: "A" } })).toEqual({
      actor,
      at: 1_000,
      action: "thing.rename",
      ...scope,
      target: "t",
      after: { name: "A" },
    });
  });
});
