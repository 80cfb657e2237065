import { describe, expect, it } from "vitest";
import type { DeliveriesEnv } from "../../../workers/deliveries/env.ts";
import { actorOf } from "../../../workers/deliveries/operator/actor.ts";

const scope = { projectId: "prj_1", mode: "test" as const };
const caller = (sessionToken: string) => ({ sessionToken, ipAddress: null });
const development = { DEV: {} } as unknown as DeliveriesEnv;
const production = {} as DeliveriesEnv;

describe("who may act on webhooks, until operators sign in", () => {
  it("is the development session, where the binding DEV exists", async () => {
    for (const permission of ["read", "operate", "configure"] as const)
      expect(await actorOf(development, caller("development"), scope, permission)).toHaveProperty(
        "operatorId",
      );
  });

  it("is nobody else, and in production nobody at all", async () => {
    for (const token of ["", "Development", "lz_test_whatever"])
      await expect(actorOf(development, caller(token), scope, "read")).rejects.toThrow("may not");
    await expect(actorOf(production, caller("development"), scope, "read")).rejects.toThrow("may not");
  });
});
