import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { newId } from "../../shared/kit/ids.ts";
import { now } from "./connected-project.ts";
import { buildPack, buildPurchase, env, newSubject } from "./subjects.ts";

const page = { before: null, limit: 1 };

describe("the last check", () => {
  it("is the newest answer to the backend, and the portal's own reads are none", async () => {
    const { identity, stub } = newSubject();
    expect((await stub.customerView(identity, page)).lastCheck).toBeNull();
    await stub.check();
    const denied = await stub.customerView(identity, page);
    expect(denied.lastCheck).toMatchObject({ allowed: false });
    await stub.applyStripe(identity, buildPurchase("a", buildPack(5), await now()));
    await env.DEV.advance(60_000);
    await stub.packedCheck();
    const { lastCheck } = await stub.customerView(identity, page);
    expect(lastCheck).toMatchObject({ allowed: true });
    expect((lastCheck?.at ?? 0) - (denied.lastCheck?.at ?? 0)).toBeGreaterThanOrEqual(60_000);
  });

  it("writes nothing to storage", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("a", buildPack(5), await now()));
    await runInDurableObject(stub, async (subject, { storage }) => {
      const changes = () => storage.sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n;
      const before = changes();
      await subject.check();
      expect(changes()).toBe(before);
    });
  });

  it("is forgotten when the customer is erased", async () => {
    const { identity, stub } = newSubject();
    await stub.check();
    await stub.erase({ erasureId: newId("ers"), requestedAt: await now() });
    expect((await stub.customerView(identity, page)).lastCheck).toBeNull();
  });
});
