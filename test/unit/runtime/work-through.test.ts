import { describe, expect, it } from "vitest";
import { workThrough } from "../../../workers/runtime/sweeps/work-through.ts";
import { eventually } from "../../eventually.ts";

const tick = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** A table of due rows, oldest first, and the largest claim of it. */
function newTable(rows: number) {
  const due = Array.from({ length: rows }, (_, row) => row);
  const claims: number[] = [];
  const claim = async (limit: number) => {
    claims.push(limit);
    return due.splice(0, limit);
  };
  return { due, claims, claim };
}

describe("workThrough", () => {
  it("a sweep that runs out of time has claimed nothing that it did not begin", async () => {
    const { due, claim } = newTable(500);
    const begun: number[] = [];
    const budget = { endBy: Date.now() + 50, concurrency: 20, max: 1_000 };
    const count = await workThrough(claim, budget, async (row) => {
      begun.push(row);
      await new Promise((resolve) => setTimeout(resolve, 10));
    });
    expect(count).toBe(begun.length);
    expect(begun.length + due.length).toBe(500);
    expect(due.length, "some are left").toBeGreaterThan(0);
    expect(begun).toEqual(begun.map((_, place) => place));
  });

  it("one item that hangs holds up no other, and is waited for", async () => {
    const { claim } = newTable(100);
    let release = () => {};
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    let others = 0;
    let isDone = false;
    const budget = { endBy: Date.now() + 60_000, concurrency: 5, max: 1_000 };
    const sweep = workThrough(claim, budget, async (row) => {
      if (row === 0) return hanging;
      await tick();
      others++;
    }).then((count) => {
      isDone = true;
      return count;
    });
    await eventually(() => expect(others).toBe(99));
    expect(isDone).toBe(false);
    release();
    expect(await sweep).toBe(100);
  });

  it("no more run at once than allowed, and no more begin than the platform allows", async () => {
    const { claims, claim } = newTable(100);
    let running = 0;
    let most = 0;
    const budget = { endBy: Date.now() + 60_000, concurrency: 5, max: 42 };
    const count = await workThrough(claim, budget, async () => {
      most = Math.max(most, ++running);
      await tick();
      running--;
    });
    expect(count).toBe(42);
    expect(most).toBe(5);
    expect(Math.max(...claims)).toBe(5);
  });

  it("a claim that fails fails the sweep once the work that began has ended", async () => {
    let ended = 0;
    let claims = 0;
    const claim = async () => {
      if (++claims > 1) throw new Error("D1 is down");
      return [1, 2];
    };
    const sweep = workThrough(claim, { endBy: Date.now() + 60_000, concurrency: 2, max: 10 }, async () => {
      await tick();
      ended++;
    });
    await expect(sweep).rejects.toThrow("D1 is down");
    expect(ended).toBe(2);
  });
});
