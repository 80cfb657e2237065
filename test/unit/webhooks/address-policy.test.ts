import { describe, expect, it } from "vitest";
import { checkEndpointUrl } from "../../../shared/webhooks/endpoint-url.ts";
import type { DeliveriesEnv } from "../../../workers/deliveries/env.ts";
import { getAddressPolicy } from "../../../workers/deliveries/sending/address-policy.ts";

const DEV = {} as NonNullable<DeliveriesEnv["DEV"]>;

describe("addressPolicy", () => {
  it("addressPolicy() refuses the installation's own host and loopback addresses in production", () => {
    const policy = getAddressPolicy({ PUBLIC_ORIGIN: "https://licenzy.example" });
    expect(checkEndpointUrl("https://licenzy.example/v1/health", policy)).toMatchObject({
      outcome: "refused",
      message: expect.stringContaining("belongs to Licenzy"),
    });
    expect(checkEndpointUrl("https://licenzy.example./", policy).outcome).toBe("refused");
    expect(checkEndpointUrl("http://127.0.0.1:8080/", policy).outcome).toBe("refused");
    expect(checkEndpointUrl("https://other.example/", policy).outcome).toBe("ok");
  });

  it("addressPolicy() throws when PUBLIC_ORIGIN is not set, so that no endpoint is saved or called", () => {
    for (const env of [{}, { PUBLIC_ORIGIN: "" }])
      expect(() => getAddressPolicy(env)).toThrow("PUBLIC_ORIGIN is not set");
  });

  it("addressPolicy() allows loopback addresses only when the binding DEV exists", () => {
    expect(checkEndpointUrl("http://127.0.0.1:8080/", getAddressPolicy({ DEV })).outcome).toBe("ok");
  });
});
