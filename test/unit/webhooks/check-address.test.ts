import { describe, expect, it } from "vitest";
import { checkAddress } from "../../../workers/deliveries/sending/check-address.ts";

const policy = { mayBeLoopback: false, ownHosts: [] };
const url = "https://hooks.example.com/in";
const check = (addresses: string[]) => checkAddress(url, policy, async () => addresses);

describe("the address guard before an attempt", () => {
  it("lets a name pass whose addresses are all public", async () => {
    expect(await check(["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])).toMatchObject({
      outcome: "ok",
    });
  });

  it("refuses a name that leads to a private address, also beside public ones", async () => {
    for (const addresses of [
      ["10.0.0.5"],
      ["93.184.215.14", "127.0.0.1"],
      ["93.184.215.14", "::ffff:10.0.0.5"],
    ])
      expect(await check(addresses)).toMatchObject({ outcome: "refused", error: "blocked_address" });
  });

  it("takes a resolver that fails, and a name without address, for a dns error: nothing is sent, it is tried again", async () => {
    const failing = () => Promise.reject(new Error("the resolver answered 500"));
    expect(await checkAddress(url, policy, failing)).toMatchObject({ outcome: "refused", error: "dns" });
    expect(await check([])).toMatchObject({ outcome: "refused", error: "dns" });
  });

  it("applies the rules for URLs again, and asks no resolver then", async () => {
    const never = () => Promise.reject(new Error("asked"));
    expect(await checkAddress("http://127.0.0.1/", policy, never)).toMatchObject({
      error: "blocked_address",
    });
    const development = { mayBeLoopback: true, ownHosts: [] };
    expect(await checkAddress("http://127.0.0.1:99/", development, never)).toMatchObject({ outcome: "ok" });
  });
});
