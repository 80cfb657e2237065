import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { ApiClient, sessionIdOf } from "../../dev/seed/api-client.ts";
import { buy, newKey, newWorld, type World } from "./world.ts";

/** Reservations, reversals and product gates over HTTP. */
let world: World;
beforeAll(async () => {
  world = await newWorld();
});

const key = (name = randomBytes(6).toString("hex")) => ({ "Idempotency-Key": name });

async function customerWithCredits(): Promise<string> {
  const subjectRef = `user_${randomBytes(6).toString("hex")}`;
  await buy(world, subjectRef);
  await expect.poll(async () => (await world.api.check(subjectRef)).body.allowed).toBe(true);
  return subjectRef;
}

const post = (path: string, body: object, headers = key()) =>
  world.api.post(`/v1/usage/${path}`, body, headers);

describe("a job with a cost that is known when it is over", () => {
  it("reserves, settles, and gets every reply again with the same key and decision", async () => {
    const subject_ref = await customerWithCredits();
    const body = { subject_ref, units: 75, expires_in_seconds: 60 };
    const reserved = await post("reserve", body, key("job-1"));
    expect(reserved.status).toBe(201);
    expect(reserved.body).toMatchObject({ ok: true, reserved: 75, usage_remaining: 925 });
    expect(reserved.body["reservation_id"]).toMatch(/^rsv_[0-9a-z]{32}$/);
    expect(reserved.headers.get("Licenzy-Decision")).toMatch(/^dec_/);
    const access = await world.api.get<{ entitlements: object[] }>(`/v1/customer/access/${subject_ref}`);
    expect(access.body).toMatchObject({ usage_remaining: 925, usage_reserved: 75 });
    expect(access.body.entitlements).toMatchObject([{ usage_remaining: 925, usage_reserved: 75 }]);

    const { reservation_id } = reserved.body;
    const settled = await post("settle", { subject_ref, reservation_id, units: 40 }, key("job-1"));
    expect(settled.body).toEqual({ ok: true, consumed: 40, released: 35, usage_remaining: 960 });
    const again = await post("reserve", body, key("job-1"));
    expect([again.status, again.headers.get("Idempotency-Replayed")]).toEqual([201, "true"]);
    expect(again.body).toEqual(reserved.body);
    expect(again.headers.get("Licenzy-Decision")).toBe(reserved.headers.get("Licenzy-Decision"));

    const reversed = await post("reverse", { subject_ref, consume_key: "job-1" });
    expect(reversed.body).toEqual({ ok: true, returned: 40, forfeited: 0, usage_remaining: 1_000 });
  });

  it("gets a documented code for each refusal", async () => {
    const subject_ref = await customerWithCredits();
    const refusal = async (path: string, body: object, headers?: Record<string, string>) => {
      const reply = await post(path, { subject_ref, ...body }, headers as ReturnType<typeof key>);
      expect(reply.body["message"]).toMatch(/^[A-Z].+\.$/);
      return [reply.status, reply.body["error"]];
    };
    const reservation_id = (await post("reserve", { subject_ref, units: 10 })).body["reservation_id"];
    const unknown = `rsv_${"0".repeat(32)}`;
    expect(await refusal("reserve", { units: 991 })).toEqual([409, "insufficient_usage"]);
    expect(await refusal("settle", { reservation_id, units: 11 })).toEqual([409, "exceeds_reservation"]);
    expect(await refusal("settle", { reservation_id: unknown, units: 1 })).toEqual([
      404,
      "reservation_not_found",
    ]);
    expect(await refusal("reverse", { consume_key: "never" })).toEqual([404, "not_found"]);
    await post("release", { subject_ref, reservation_id });
    expect(await refusal("release", { reservation_id })).toEqual([409, "reservation_closed"]);
    expect(await refusal("reserve", { units: 1 }, {})).toEqual([400, "missing_idempotency_key"]);
    for (const body of [
      { units: 0 },
      { units: 1, expires_in_seconds: 86_401 },
      { units: 1, on_expiry: "keep" },
      { units: 1, meter: "tokens" },
    ])
      expect(await refusal("reserve", body)).toEqual([400, "invalid_request"]);
    expect(await refusal("settle", { reservation_id: "rsv_1", units: 1 })).toEqual([400, "invalid_request"]);
    expect(await refusal("settle", { reservation_id, units: -1 })).toEqual([400, "invalid_request"]);
  });

  it("is settled whatever the plan is, and only reserve needs one", async () => {
    const live = await newWorld({ mode: "live", plan: "none" });
    const api = new ApiClient(live.origin, (await newKey(live.origin, live.projectId, "live")).apiKey);
    const error = async (path: string, body: object) =>
      (await api.post(`/v1/usage/${path}`, { subject_ref: "user_1", ...body }, key())).body["error"];
    const reservation_id = `rsv_${"0".repeat(32)}`;
    expect(await error("reserve", { units: 1 })).toBe("plan_mode_not_allowed");
    expect(await error("settle", { reservation_id, units: 1 })).toBe("reservation_not_found");
    expect(await error("release", { reservation_id })).toBe("reservation_not_found");
    expect(await error("reverse", { consume_key: "never" })).toBe("not_found");
  });
});

describe("the status of a checkout", () => {
  it("is created until it is paid, then finalized with its entitlement, and unknown to other projects", async () => {
    const other = await newWorld();
    const { body } = await world.api.checkout("user_polls", "CREDITS_1000", "polls");
    const path = `/v1/checkout/session/${body.attempt_id}`;
    const created = { attempt_id: body.attempt_id, status: "created", entitlement: null };
    expect((await world.api.get(path)).body).toMatchObject({ ...created, product_code: "CREDITS_1000" });
    expect((await other.api.get(path)).body["error"]).toBe("not_found");
    expect((await world.api.get("/v1/checkout/session/att_1")).body["error"]).toBe("invalid_request");
    await world.stripe.pay(sessionIdOf(body.checkout_url), { email: "polls@example.com" });
    await expect
      .poll(async () => (await world.api.get(path)).body)
      .toMatchObject({ status: "finalized", entitlement: { usage_remaining: 1_000, available: true } });
  });
});

describe("a gate by product", () => {
  it("a buyer of credits passes the gate for credits and not the one for the subscription", async () => {
    const subject_ref = await customerWithCredits();
    const gate = (...product_codes: string[]) =>
      world.api.post("/v1/access/products", { subject_ref, product_codes });
    const denied = { product_code: "PRO_MONTHLY", allowed: false, reason: "no_entitlement" };
    const allowed = { product_code: "CREDITS_1000", allowed: true };
    const pro = await gate("PRO_MONTHLY");
    expect(pro.body).toEqual({ subject_ref, allowed: false, reason: "no_entitlement", products: [denied] });
    expect(pro.headers.get("Licenzy-Decision")).toMatch(/^dec_[0-9a-z]{32}\.PRO_MONTHLY$/);
    expect((await gate("PRO_MONTHLY", "CREDITS_1000")).body).toEqual({
      subject_ref,
      allowed: true,
      products: [denied, allowed],
    });
    const unknown = await gate("PRO_MONTHLY", "NOTHING");
    expect([unknown.status, unknown.body["error"]]).toEqual([404, "product_not_found"]);
    for (const codes of [[], ["PRO_MONTHLY", "PRO_MONTHLY"], ["pro"], Array(51).fill("PRO_MONTHLY")])
      expect((await gate(...codes)).status).toBe(400);
  });
});
