import { describe, expect, it } from "vitest";
import { OwnFaultError } from "../../../shared/kit/own-fault.ts";
import { checkAddress } from "../../../workers/deliveries/sending/check-address.ts";

const policy = { allowsLoopback: false, ownHosts: [] };
const url = "https://hooks.example.com/in";
const check = (addresses: string[]) => checkAddress(url, policy, async () => addresses);

describe("checkAddress", () => {
  it("checkAddress() accepts a host name when all its addresses are public", async () => {
    expect(await check(["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])).toMatchObject({
      outcome: "ok",
    });
  });

  it("checkAddress() refuses a host name when any of its addresses is private", async () => {
    for (const addresses of [
      ["10.0.0.5"],
      ["93.184.215.14", "127.0.0.1"],
      ["93.184.215.14", "::ffff:10.0.0.5"],
    ])
      expect(await check(addresses)).toMatchObject({ outcome: "refused", error: "blocked_address" });
  });

  it("checkAddress() reports a retryable dns error when the name's servers fail or it has no address", async () => {
    const failing = () => Promise.reject(new Error("the DNS resolver returned DNS status 2"));
    expect(await checkAddress(url, policy, failing)).toMatchObject({ outcome: "refused", error: "dns" });
    expect(await check([])).toMatchObject({ outcome: "refused", error: "dns" });
  });

  it("checkAddress() does not blame the endpoint when the DNS resolver does not answer", async () => {
    const fault = () => Promise.reject(new OwnFaultError("The DNS resolver returned HTTP 503."));
    await expect(checkAddress(url, policy, fault)).rejects.toThrow(OwnFaultError);
  });

  it("checkAddress() applies the URL rules first, without the resolver for an IP address", async () => {
    const never = () => Promise.reject(new Error("the resolver was called"));
    expect(await checkAddress("http://127.0.0.1/", policy, never)).toMatchObject({
      error: "blocked_address",
    });
    const development = { allowsLoopback: true, ownHosts: [] };
    expect(await checkAddress("http://127.0.0.1:99/", development, never)).toMatchObject({ outcome: "ok" });
  });
});
