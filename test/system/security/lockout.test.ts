import { randomBytes } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { PortalClient } from "../../../dev/seed/portal-client.ts";
import { newOperator } from "../operators.ts";

const at = (ipAddress: string) => new PortalClient(inject("origin"), { "CF-Connecting-IP": ipAddress });
const network = () => `10.${randomBytes(1)[0]}.${randomBytes(1)[0]}`;

/** Runs the tries, eight at the same time. */
async function runTries<T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) results.push(await run(next++));
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return results;
}

describe("strangers who fail to sign in", () => {
  it("lock out neither a browser that signed in before, nor a signed-in operator's confirmation", async () => {
    const { email, password, portal } = await newOperator("viewer");
    const places = network();
    const fail = (index: number) =>
      at(`${places}.${index % 6}`).post("/sign-in", { email, password: "guess" });
    const replies = await runTries(60, fail);
    expect(replies.filter(({ status }) => status === 422)).toHaveLength(50);
    // A browser that is new to the portal is as unknown as the strangers'.
    expect((await at(`${places}.200`).post("/sign-in", { email, password })).status).toBe(429);

    expect((await portal.submit("/prove", { proof: password })).location).toBe("/");
    await portal.submit("/sign-out");
    expect((await portal.submit("/sign-in", { email, password })).location).toBe("/");
  }, 120_000);

  it("have the limit of one place in a whole IPv6 network, which a sign-in of their own does not reset", async () => {
    const { email, password } = await newOperator("viewer");
    const prefix = `2001:db8:${randomBytes(2).toString("hex")}:${randomBytes(2).toString("hex")}`;
    const fail = (index: number) =>
      at(`${prefix}::${index}`).post("/sign-in", { email: `${index}-${email}`, password: "guess" });
    const failMany = (from: number, to: number) => runTries(to - from, (index) => fail(from + index));
    for (const { status } of await failMany(0, 60)) expect(status).toBe(422);
    await at(`${prefix}:ffff::1`).submit("/sign-in", { email, password });
    for (const { status } of await failMany(60, 100)) expect(status).toBe(422);
    expect((await fail(100)).status).toBe(429);
    expect((await at(`${prefix}::1`).post("/sign-in", { email, password })).status).toBe(429);
  }, 180_000);

  it("can't use a browser's cookie for another operator, or a cookie that the portal did not sign", async () => {
    const victim = await newOperator("viewer");
    const attacker = await newOperator("viewer");
    const place = `${network()}.1`;
    const forger = at(place);
    forger.plant("licenzy.browser", "0123456789abcdef0123456789abcdef.guessed.c2lnbmF0dXJl");
    await attacker.portal.submit("/sign-out");
    for (const browser of [forger, attacker.portal])
      for (let index = 0; index < 6; index++)
        await browser.post(
          "/sign-in",
          { email: victim.email, password: "guess" },
          { "CF-Connecting-IP": place },
        );
    const reply = await forger.post("/sign-in", { email: victim.email, password: victim.password });
    expect(reply.status).toBe(429);
  }, 60_000);
});
