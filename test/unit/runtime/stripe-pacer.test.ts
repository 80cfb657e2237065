import { describe, expect, it } from "vitest";
import { StripePacer } from "../../../workers/runtime/access-audit/stripe-pacer.ts";

/** A clock that waits at once, and notes when requests were sent. */
function newPacer() {
  let time = 0;
  const sentAt: number[] = [];
  const pacer = new StripePacer({
    now: () => time,
    wait: async (ms) => {
      time += ms;
    },
  });
  const send = (answers: Response[]) =>
    pacer.send(async () => {
      sentAt.push(time);
      return answers.shift() ?? new Response("ok");
    });
  return { pacer, send, sentAt };
}

const tooMany = (headers: Record<string, string> = {}) => new Response("slow down", { status: 429, headers });

describe("StripePacer", () => {
  it("sends at most 10 requests a second", async () => {
    const { send, sentAt, pacer } = newPacer();
    for (let n = 0; n < 25; n++) await send([]);
    expect(sentAt.at(-1)).toBe(2_400);
    expect(pacer.calls).toBe(25);
  });

  it("repeats a 429 after the time in Retry-After, and holds later requests back too", async () => {
    const { send, sentAt } = newPacer();
    expect((await send([tooMany({ "Retry-After": "3" })])).status).toBe(200);
    await send([]);
    expect(sentAt).toEqual([0, 3_000, 3_100]);
  });

  it("doubles the wait without Retry-After, and gives up after 3 repetitions", async () => {
    const { send, sentAt } = newPacer();
    expect((await send([tooMany(), tooMany(), tooMany(), tooMany()])).status).toBe(429);
    expect(sentAt).toEqual([0, 1_000, 3_000, 7_000]);
  });

  it.each([
    ["a wait longer than a turn", { "Retry-After": "60" }],
    ["an answer that must not be repeated", { "Stripe-Should-Retry": "false" }],
  ])("does not repeat %s", async (_, headers) => {
    const { send, sentAt } = newPacer();
    expect((await send([tooMany(headers)])).status).toBe(429);
    expect(sentAt).toEqual([0]);
  });
});
