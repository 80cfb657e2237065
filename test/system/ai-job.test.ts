import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { type Job, type Licenzy, runJob } from "../../examples/ai-job/job.ts";
import { buy, newWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await newWorld();
});

/** A connection that breaks before or after every request arrives, in turn. */
function brokenFetch(): typeof fetch {
  let calls = 0;
  return async (...request) => {
    calls++;
    if (calls % 3 === 1) throw new TypeError("connection refused");
    const response = await fetch(...request);
    if (calls % 3 === 2) throw new TypeError("connection reset");
    return response;
  };
}

async function customer() {
  const subjectRef = `user_${randomBytes(6).toString("hex")}`;
  await buy(world, subjectRef);
  await expect.poll(async () => (await world.api.check(subjectRef)).body.allowed).toBe(true);
  const licenzy: Licenzy = {
    origin: world.origin,
    apiKey: world.apiKey,
    fetch: brokenFetch(),
    wait: () => Promise.resolve(),
  };
  let jobs = 0;
  const run = (change: Partial<Job> & Pick<Job, "work">) =>
    runJob(licenzy, { subjectRef, jobId: `job-${jobs++}`, estimate: 100, expiresInSeconds: 900, ...change });
  const balance = async () => {
    const { body } = await world.api.get<{ usage_remaining: number; usage_reserved: number }>(
      `/v1/customer/access/${subjectRef}`,
    );
    return [body.usage_remaining, body.usage_reserved];
  };
  return { run, balance };
}

describe("the sample AI job", () => {
  it("never loses or doubles a unit when it fails, costs more than estimated, or is run again", async () => {
    const { run, balance } = await customer();
    expect(await run({ work: async () => 60 })).toEqual({ outcome: "done", consumed: 60, unpaid: 0 });
    expect(await balance()).toEqual([940, 0]);
    const failed = await run({ work: () => Promise.reject(new Error("the model failed")) });
    expect(failed).toMatchObject({ outcome: "failed", released: 100 });
    expect(await balance()).toEqual([940, 0]);
    expect(await run({ work: async () => 140 })).toMatchObject({ consumed: 140, unpaid: 0 });
    expect(await balance()).toEqual([800, 0]);
    const again = { jobId: "job-again", work: async () => 50 };
    expect(await run(again)).toEqual(await run(again));
    expect(await balance()).toEqual([750, 0]);
    expect(await run({ estimate: 751, work: async () => 1 })).toEqual({ outcome: "no_credits" });
    // Another job holds the rest of the balance while this one turns out to cost more.
    const costly = await run({
      estimate: 700,
      work: async () => {
        await run({ estimate: 50, work: async () => 50 });
        return 900;
      },
    });
    expect(costly).toEqual({ outcome: "done", consumed: 700, unpaid: 200 });
    expect(await balance()).toEqual([0, 0]);
  });

  it("is paid from the balance, once, when it is run again after it failed", async () => {
    const { run, balance } = await customer();
    const failing = { jobId: "job-retried", work: () => Promise.reject(new Error("the model failed")) };
    expect(await run(failing)).toMatchObject({ outcome: "failed", released: 100 });
    expect(await run(failing)).toMatchObject({ outcome: "failed", released: 100 });
    const retried = { jobId: "job-retried", work: async () => 70 };
    expect(await run(retried)).toEqual({ outcome: "done", consumed: 70, unpaid: 0 });
    expect(await run(retried)).toEqual({ outcome: "done", consumed: 70, unpaid: 0 });
    expect(await balance()).toEqual([930, 0]);
  });

  it("is settled from the balance when it is slower than its time", async () => {
    const { run, balance } = await customer();
    const slow = await run({
      expiresInSeconds: 1,
      work: async () => {
        await expect.poll(balance).toEqual([1_000, 0]);
        return 80;
      },
    });
    expect(slow).toEqual({ outcome: "done", consumed: 80, unpaid: 0 });
    expect(await balance()).toEqual([920, 0]);
  });
});
