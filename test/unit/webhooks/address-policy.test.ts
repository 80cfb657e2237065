import { describe, expect, it } from "vitest";
import { checkEndpointUrl } from "../../../shared/webhooks/endpoint-url.ts";
import type { DeliveriesEnv } from "../../../workers/deliveries/env.ts";
import { addressPolicy } from "../../../workers/deliveries/sending/address-policy.ts";

const DEV = {} as NonNullable<DeliveriesEnv["DEV"]>;

describe("which addresses an installation refuses", () => {
  it("are its own, in production", () => {
    const policy = addressPolicy({ PUBLIC_ORIGIN: "https://licenzy.example" });
    expect(checkEndpointUrl("https://licenzy.example/v1/health", policy)).toMatchObject({
      outcome: "refused",
      message: expect.stringContaining("our own host"),
    });
    expect(checkEndpointUrl("https://licenzy.example./", policy).outcome).toBe("refused");
    expect(checkEndpointUrl("http://127.0.0.1:8080/", policy).outcome).toBe("refused");
    expect(checkEndpointUrl("https://other.example/", policy).outcome).toBe("ok");
  });

  it("can't be said without PUBLIC_ORIGIN, so nothing is saved or sent until it is set", () => {
    for (const env of [{}, { PUBLIC_ORIGIN: "" }])
      expect(() => addressPolicy(env)).toThrow("PUBLIC_ORIGIN is not set");
  });

  it("leave loopback open where the binding DEV exists, and only there", () => {
    expect(checkEndpointUrl("http://127.0.0.1:8080/", addressPolicy({ DEV })).outcome).toBe("ok");
  });
});
