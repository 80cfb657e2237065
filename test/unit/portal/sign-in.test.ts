import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { toPlace } from "../../../shared/kit/place.ts";
import {
  type KnownBrowser,
  readKnownBrowser,
  rememberBrowser,
} from "../../../workers/portal/auth/known-browser.ts";
import {
  resetMailCounters,
  signInCodeCounters,
  signInCounters,
} from "../../../workers/portal/auth/limits.ts";
import { createSignInService } from "../../../workers/portal/auth/sign-in-service.ts";
import { buildCode, findTimeStep } from "../../../workers/portal/auth/totp.ts";
import type { PortalEnv } from "../../../workers/portal/env.ts";
import { redirectWith, takeFlash } from "../../../workers/portal/http/flash.ts";
import type { PortalHono } from "../../../workers/portal/request-context.ts";

const env = { SIGN_IN_SECRET: "a secret of more than 32 characters, for tests" } as PortalEnv;

describe("time-based codes", () => {
  // RFC 6238, appendix B, with the last six of its eight digits.
  it.each([
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_111_111_111, "050471"],
    [1_234_567_890, "005924"],
    [2_000_000_000, "279037"],
    [20_000_000_000, "353130"],
  ])("buildCode() has the code of the standard at %s s", (seconds, code) => {
    expect(buildCode("12345678901234567890", Math.floor(seconds / 30))).toBe(code);
  });

  it("findTimeStep() finds the step of a code one step early or late, and of no other", () => {
    const now = 1_000 * 30_000 + 15_000;
    const found = [998, 999, 1_000, 1_001, 1_002].map((step) =>
      findTimeStep("secret", buildCode("secret", step), now),
    );
    expect(found).toEqual([null, 999, 1_000, 1_001, null]);
    for (const code of ["", "12345", "1234567"]) expect(findTimeStep("secret", code, now)).toBeNull();
  });
});

describe("toPlace", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:DB8:0001:0002::1", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["2001:db8:1:2::", "2001:db8:1:2"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
  ])("toPlace() of %s is %s", (ipAddress, place) => {
    expect(toPlace(ipAddress)).toBe(place);
  });
});

describe("limits", () => {
  /** The names of the counters of strangers, and of a known browser, with a worker's secret. */
  async function namesWith(secret: string): Promise<{ strangers: string[]; known: string[] }> {
    const email = "dana@acme.example";
    const app = new Hono<PortalHono>().get("/", (c) => {
      const namesOf = (browser: KnownBrowser | null) =>
        [
          signInCounters(c, email, browser),
          signInCodeCounters(c, "opr_1", browser),
          resetMailCounters(c, email, browser),
        ].flatMap((counters) => counters.map(({ name }) => name));
      return c.json({ strangers: namesOf(null), known: namesOf({ id: "browser" }) });
    });
    const headers = { "CF-Connecting-IP": "192.0.2.1" };
    return (await app.request("/", { headers }, { ...env, SIGN_IN_SECRET: secret })).json();
  }

  it("a stranger can't compute which addresses or places share a counter", async () => {
    const names = (await namesWith(env.SIGN_IN_SECRET)).strangers.filter((name) => !name.startsWith("code:"));
    expect(names).toHaveLength(6);
    expect((await namesWith(env.SIGN_IN_SECRET)).strangers).toEqual(expect.arrayContaining(names));
    const others = (await namesWith("another secret of more than 32 characters")).strangers;
    // Of six names in 65,536, one may be the same by chance.
    expect(names.filter((name) => others.includes(name)).length).toBeLessThan(2);
    for (const name of names) expect(name).toMatch(/^[a-z_]+:[0-9a-f]{4}$/);
  });

  it("a known browser shares no counter with strangers, so they can't lock it out", async () => {
    const { strangers, known } = await namesWith(env.SIGN_IN_SECRET);
    expect(known.filter((name) => strangers.includes(name))).toEqual([]);
  });
});

describe("cookies", () => {
  const app = new Hono<PortalHono>()
    .get("/flash", (c) => redirectWith(c, "/", "Done."))
    .get("/browser", async (c) => {
      await rememberBrowser(c, "dana@acme.example");
      return c.text((await readKnownBrowser(c, "dana@acme.example"))?.id ?? "");
    })
    .get("/read", async (c) =>
      c.json({ flash: takeFlash(c), browser: await readKnownBrowser(c, "dana@acme.example") }),
    );

  const setCookiesOf = async (url: string) => {
    const reply = await app.request(url, {}, env);
    return (reply.headers as Headers & { getSetCookie(): string[] }).getSetCookie();
  };

  it("every cookie is bound to the host over https, and works over http in development", async () => {
    for (const path of ["/flash", "/browser"]) {
      const [cookie = ""] = await setCookiesOf(`https://licenzy.example${path}`);
      expect(cookie).toMatch(/^__Host-licenzy\.\w+=/);
      expect(cookie).toMatch(/; Path=\//);
      expect(cookie).toMatch(/; HttpOnly/);
      expect(cookie).toMatch(/; Secure/);
      expect(cookie).not.toMatch(/Domain/i);
      const [local = ""] = await setCookiesOf(`http://localhost:8787${path}`);
      expect(local).toMatch(/^licenzy\.\w+=/);
      expect(local).not.toMatch(/Secure/);
    }
  });

  it("better-auth's cookies have the same prefix and attributes", async () => {
    const context = await createSignInService(env, "https://licenzy.example").$context;
    const cookies = [context.authCookies.sessionToken, context.createAuthCookie("two_factor")];
    for (const { name, attributes } of [...cookies, context.createAuthCookie("state")]) {
      expect(name).toMatch(/^__Host-licenzy\.\w+$/);
      expect(attributes).toMatchObject({ secure: true, path: "/", httpOnly: true });
      expect(attributes.domain).toBeUndefined();
    }
    const local = await createSignInService(env, "http://localhost:8787").$context;
    expect(local.authCookies.sessionToken.name).toBe("licenzy.session_token");
  });

  it("the signed cookies of one installation mean nothing to another", async () => {
    const url = "https://licenzy.example";
    const cookies = [...(await setCookiesOf(`${url}/flash`)), ...(await setCookiesOf(`${url}/browser`))];
    const headers = { Cookie: cookies.map((cookie) => cookie.split(";")[0]).join("; ") };
    const read = async (secret: string) =>
      (await app.request(`${url}/read`, { headers }, { ...env, SIGN_IN_SECRET: secret })).json();
    expect(await read(env.SIGN_IN_SECRET)).toMatchObject({
      flash: { text: "Done." },
      browser: { id: expect.any(String) },
    });
    expect(await read(`${env.SIGN_IN_SECRET}!`)).toEqual({ flash: null, browser: null });
  });
});
