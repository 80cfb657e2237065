/**
 * A job with a cost that is known when it is over: reserve, work, then settle or release.
 *
 * Every request has a key derived from the job's id, so a job that is run again after a crash repeats its requests and
 * changes nothing twice. One that is run again after it failed has no reservation left, and is paid from the balance. Copy
 * this file: it needs only `fetch`.
 */
export interface Licenzy {
  origin: string;
  apiKey: string;
  /** Waits between two tries; a test replaces it. */
  wait?: (ms: number) => Promise<void>;
  fetch?: typeof fetch;
}

export interface Job {
  subjectRef: string;
  /** Unique, and the same when the job is run again. */
  jobId: string;
  /** The units that the job is likely to use. */
  estimate: number;
  /** How long the job may take. */
  expiresInSeconds: number;
  /** Does the work. Returns the units it used; throws when it failed. */
  work: () => Promise<number>;
}

export type JobResult =
  | { outcome: "no_credits" }
  | { outcome: "failed"; released: number; error: unknown }
  /** `unpaid`: units that the job used and the balance did not cover. */
  | { outcome: "done"; consumed: number; unpaid: number };

interface Reply {
  status: number;
  body: { error?: string; reservation_id?: string; consumed?: number; released?: number };
}

export async function runJob(licenzy: Licenzy, job: Job): Promise<JobResult> {
  const { subjectRef: subject_ref, jobId, estimate: units, expiresInSeconds: expires_in_seconds } = job;
  const reserved = await post(licenzy, "reserve", `${jobId}/reserve`, {
    subject_ref,
    units,
    expires_in_seconds,
  });
  if (reserved.body.error === "insufficient_usage") return { outcome: "no_credits" };
  const { reservation_id } = expectDone(reserved).body;

  let used: number;
  try {
    used = await job.work();
  } catch (error) {
    const released = await post(licenzy, "release", `${jobId}/release`, { subject_ref, reservation_id });
    // After the job's time, the units were released already.
    if (released.body.error === "reservation_expired") return { outcome: "failed", released: units, error };
    return { outcome: "failed", released: expectDone(released).body.released ?? 0, error };
  }

  const settlement = { subject_ref, reservation_id, units: used, allow_more: true };
  const settled = await post(licenzy, "settle", `${jobId}/settle`, settlement);
  if (settled.body.error === "exceeds_reservation") {
    // The job used more than estimated, and the balance does not cover the rest: take what is held.
    const part = await post(licenzy, "settle", `${jobId}/settle-held`, { ...settlement, units });
    const consumed = expectDone(part).body.consumed ?? 0;
    return { outcome: "done", consumed, unpaid: used - consumed };
  }
  if (settled.body.error === "reservation_closed") return payFromBalance(licenzy, job, reservation_id, used);
  // The job took longer than its time, and the balance was spent in between. The portal shows the units.
  if (settled.body.error === "reservation_expired") return { outcome: "done", consumed: 0, unpaid: used };
  return { outcome: "done", consumed: expectDone(settled).body.consumed ?? 0, unpaid: 0 };
}

/** Pays for a job with a reservation that an earlier run settled, or released when it failed. */
async function payFromBalance(
  licenzy: Licenzy,
  { subjectRef: subject_ref, jobId, estimate: units }: Job,
  reservation_id: string | undefined,
  used: number,
): Promise<JobResult> {
  // An earlier run may have taken what was held, and not have got the reply.
  const settlement = { subject_ref, reservation_id, units, allow_more: true };
  const part = await post(licenzy, "settle", `${jobId}/settle-held`, settlement);
  if (part.body.error !== "reservation_closed") {
    const consumed = expectDone(part).body.consumed ?? 0;
    return { outcome: "done", consumed, unpaid: Math.max(0, used - consumed) };
  }
  if (used === 0) return { outcome: "done", consumed: 0, unpaid: 0 };
  const spent = await post(licenzy, "consume", `${jobId}/consume`, { subject_ref, units: used });
  if (spent.body.error === "insufficient_usage") return { outcome: "done", consumed: 0, unpaid: used };
  return { outcome: "done", consumed: expectDone(spent).body.consumed ?? 0, unpaid: 0 };
}

const maxTries = 6;

/** Sends a request, and again with the same key while its outcome is unknown. */
async function post(
  { origin, apiKey, fetch: send = fetch, wait = sleep }: Licenzy,
  path: string,
  key: string,
  body: object,
): Promise<Reply> {
  for (let tries = 1; ; tries++) {
    try {
      const response = await send(`${origin}/v1/usage/${path}`, {
        method: "POST",
        headers: {
          Authorization: `Bearer ${apiKey}`,
          "Content-Type": "application/json",
          "Idempotency-Key": key,
        },
        body: JSON.stringify(body),
      });
      if (response.status < 500 && response.status !== 429)
        return { status: response.status, body: (await response.json()) as Reply["body"] };
      if (tries === maxTries) throw new Error(`${path}: ${response.status}`);
    } catch (error) {
      if (tries === maxTries) throw error;
    }
    await wait(100 * 2 ** tries);
  }
}

function expectDone(reply: Reply): Reply {
  if (reply.status >= 400) throw new Error(`${reply.status} ${reply.body.error ?? ""}`);
  return reply;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
