import { describe, expect, it } from "vitest";
import { TestLicenzy } from "../../../sdk/src/testing/index.ts";

/** A customer with 1,000 units, and a connection that loses the responses to the paths in `lost`, once each. */
function open() {
  const memory = new TestLicenzy({ products: [{ code: "CREDITS", kind: "usage_pack", units: 1_000 }] });
  memory.grant("user_1", "CREDITS");
  const lost = new Set<string>();
  const licenzy = memory.client({
    retries: 0,
    fetch: async (url, init) => {
      const response = await memory.fetch(url, init);
      const key = new Headers(init.headers).get("Idempotency-Key") ?? "";
      if (lost.delete(key)) throw new TypeError("connection reset");
      return response;
    },
  });
  const run = (job: () => Promise<number>) =>
    licenzy.usage.withUsage("user_1", 100, job, { eventId: "job-1" });
  const balance = async () => {
    const access = await licenzy.customers.access("user_1");
    return access.ok ? [access.usageRemaining, access.usageReserved] : access.error;
  };
  return { memory, licenzy, lost, run, balance };
}

function withAbort() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

const failing = () => Promise.reject(new Error("the model failed"));

describe("withUsage() with a signal", () => {
  it("gives the units back, or bills the job, also when the signal was aborted during the job", async () => {
    const { licenzy, balance } = open();
    const run = (end: (signal: AbortSignal) => number) => {
      const { signal, abort } = withAbort();
      const job = async () => {
        abort();
        return end(signal);
      };
      return licenzy.usage.withUsage("user_1", 100, job, { signal });
    };
    const throwing = run((signal) => {
      signal.throwIfAborted();
      return 0;
    });
    await expect(throwing).rejects.toThrow(/abort/);
    expect(await balance()).toEqual([1_000, 0]);
    expect(await run(() => 30)).toMatchObject({ ok: true, consumed: 30, released: 70 });
    const { signal, abort } = withAbort();
    abort();
    expect(await licenzy.usage.withUsage("user_1", 100, failing, { signal })).toMatchObject({
      error: "aborted",
    });
    expect(await balance()).toEqual([970, 0]);
  });
});

describe("withUsage() with a job that is run again", () => {
  it("bills the run that succeeds after one that threw, and bills it once", async () => {
    const { run, balance } = open();
    await expect(run(failing)).rejects.toThrow("the model failed");
    await expect(run(failing)).rejects.toThrow("the model failed");
    expect(await run(async () => 140)).toMatchObject({ ok: true, value: 140, consumed: 140, unpaid: 0 });
    expect(await run(async () => 140)).toMatchObject({ ok: true, consumed: 140, replayed: true });
    expect(await balance()).toEqual([860, 0]);
  });

  it("reports what the balance does not cover after a run that threw", async () => {
    const { licenzy, run, balance } = open();
    await expect(run(failing)).rejects.toThrow();
    await licenzy.usage.consume("user_1", 980);
    expect(await run(async () => 60)).toMatchObject({ ok: true, consumed: 0, unpaid: 60 });
    expect(await balance()).toEqual([20, 0]);
    expect(await run(async () => 0)).toMatchObject({ ok: true, consumed: 0, unpaid: 0 });
  });

  it("does not bill again what a run took before its reply was lost", async () => {
    const { licenzy, lost, run, balance } = open();
    await licenzy.usage.consume("user_1", 900);
    lost.add("job-1/settle-held");
    expect(await run(async () => 150)).toMatchObject({ ok: false, error: "unreachable", value: 150 });
    expect(await run(async () => 150)).toMatchObject({ ok: true, consumed: 100, unpaid: 50 });
    expect(await balance()).toEqual([0, 0]);
  });
});
