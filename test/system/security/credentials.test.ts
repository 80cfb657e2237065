import { randomBytes } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { PortalClient, type PortalReply } from "../../../dev/seed/portal-client.ts";
import { provision } from "../../../dev/seed/provision.ts";
import { routes } from "../../../workers/portal/routes.ts";
import { buildTotpCode, newOperator, turnOnSecondFactor } from "../operators.ts";

/** A browser at its own IP address, so that the tests do not share a limit. */
const newBrowser = () => {
  const [a, b, c] = randomBytes(3);
  return new PortalClient(inject("origin"), { "CF-Connecting-IP": `10.${a}.${b}.${c}` });
};

interface Guess {
  wrong(): Promise<PortalReply>;
  right(): Promise<PortalReply>;
}

/** The setup token is checked only before there is an owner (setup.test.ts, with its own stack). */
const guessedBeforeSetup = ["GET /setup", "POST /setup"];

const anotherPassword = "another long password";

/** How to guess at each route that checks a password or code. */
const guesses: Record<string, () => Promise<Guess>> = {
  "POST /sign-in": async () => {
    const { email, password } = await newOperator("viewer");
    const browser = newBrowser();
    return {
      wrong: () => browser.post("/sign-in", { email, password: "guess" }),
      right: () => browser.post("/sign-in", { email, password }),
    };
  },
  "POST /sign-in/code": async () => {
    const operator = await newOperator("viewer");
    const { secret } = await turnOnSecondFactor(operator);
    const browser = newBrowser();
    await browser.submit("/sign-in", { email: operator.email, password: operator.password });
    return {
      wrong: () => browser.post("/sign-in/code", { code: "000000" }),
      right: () => browser.post("/sign-in/code", { code: buildTotpCode(secret, 1) }),
    };
  },
  "POST /second-factor": async () => {
    const operator = await newOperator("viewer");
    const { secret } = await turnOnSecondFactor(operator);
    await provision(inject("origin"), "ageProof", operator.email, null);
    return {
      wrong: () => operator.portal.post("/second-factor", { code: "000000" }),
      right: () => operator.portal.post("/second-factor", { code: buildTotpCode(secret, 1) }),
    };
  },
  "POST /prove": async () => {
    const { password, portal } = await newOperator("viewer");
    return {
      wrong: () => portal.post("/prove", { proof: "guess" }),
      right: () => portal.post("/prove", { proof: password }),
    };
  },
  "POST /account/password": async () => {
    const { password, portal } = await newOperator("viewer");
    return {
      wrong: () => portal.post("/account/password", { current: "guess", password: anotherPassword }),
      right: () => portal.post("/account/password", { current: password, password: anotherPassword }),
    };
  },
  "POST /account/second-factor": async () => {
    const { password, portal } = await newOperator("viewer");
    return {
      wrong: () => portal.post("/account/second-factor", { password: "guess" }),
      right: () => portal.post("/account/second-factor", { password }),
    };
  },
  "POST /account/second-factor/confirm": async () => {
    const { password, portal } = await newOperator("viewer");
    const offer = await portal.submit("/account/second-factor", { password });
    const secret = /id="totp-secret">([A-Z2-7]+)</.exec(offer.html)?.[1] ?? "";
    return {
      wrong: () => portal.post("/account/second-factor/confirm", { code: "000000" }),
      right: () => portal.post("/account/second-factor/confirm", { code: buildTotpCode(secret) }),
    };
  },
  "POST /account/second-factor/disable": async () => {
    const operator = await newOperator("viewer");
    const { secret } = await turnOnSecondFactor(operator);
    return {
      wrong: () => operator.portal.post("/account/second-factor/disable", { code: "000000" }),
      right: () => operator.portal.post("/account/second-factor/disable", { code: buildTotpCode(secret, 1) }),
    };
  },
};

describe("a password or code can't be guessed", () => {
  it("the walk has every route that checks a password, a code or the setup token", () => {
    const declared = routes.filter(({ checksCredential }) => checksCredential);
    expect(declared.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(
      [...Object.keys(guesses), ...guessedBeforeSetup].toSorted(),
    );
  });

  it.each(Object.entries(guesses))(
    "%s refuses the right password or code too after ten wrong ones",
    async (_route, begin) => {
      const { wrong, right } = await begin();
      for (let index = 0; index < 10; index++) {
        const { status, html } = await wrong();
        expect({ index, status, locked: html.includes("Too many attempts") }).toEqual({
          index,
          status: 422,
          locked: false,
        });
      }
      for (const reply of [await wrong(), await right()]) {
        expect(reply.status).toBe(429);
        expect(reply.html).toContain("Too many attempts");
      }
    },
    120_000,
  );

  it("ten wrong codes are all that a signed-in operator has, over every form and session", async () => {
    const operator = await newOperator("viewer");
    const { secret, backupCodes } = await turnOnSecondFactor(operator);
    const other = newBrowser();
    await other.submit("/sign-in", { email: operator.email, password: operator.password });
    await other.submit("/sign-in/code", { code: backupCodes[0] ?? "" });
    const forms = [
      (code: string) => operator.portal.post("/account/second-factor/disable", { code }),
      (code: string) => other.post("/account/second-factor/disable", { code }),
      (code: string) => operator.portal.post("/prove", { proof: code }),
      (code: string) => other.post("/prove", { proof: code }),
    ];
    const change = { current: operator.password, password: anotherPassword };
    for (let index = 0; index < 10; index++) {
      expect((await forms[index % forms.length]?.("000000"))?.status).toBe(422);
      // The right password does not give the codes another ten tries.
      if (index === 5) await operator.portal.submit("/account/password", change);
      if (index === 5) {
        await other.submit("/sign-in", { email: operator.email, password: anotherPassword });
        await other.submit("/sign-in/code", { code: backupCodes[1] ?? "" });
      }
    }
    for (const form of forms) expect((await form(buildTotpCode(secret, 1))).status).toBe(429);
    // The codes at sign-in have their own limit, and strangers without a session use up no other.
    const stranger = newBrowser();
    await stranger.submit("/sign-in", { email: operator.email, password: anotherPassword });
    expect((await stranger.post("/sign-in/code", { code: buildTotpCode(secret, 1) })).status).toBe(303);
  });

  it("known browsers can't guess a code more often than others, however many there are", async () => {
    const operator = await newOperator("viewer");
    const { email, password } = operator;
    const browsers = [newBrowser(), newBrowser(), newBrowser()];
    for (const browser of browsers) await browser.submit("/sign-in", { email, password });
    const { secret } = await turnOnSecondFactor(operator);
    for (const browser of browsers) await browser.submit("/sign-in", { email, password });
    const guess = (index: number, code: string) =>
      browsers[index % browsers.length]?.post("/sign-in/code", { code });
    for (let index = 0; index < 10; index++) expect((await guess(index, "000000"))?.status).toBe(422);
    for (let index = 0; index < 3; index++)
      expect((await guess(index, buildTotpCode(secret, 1)))?.status).toBe(429);
  });

  it("a second factor can't be guessed at sign-in by a browser that is signed in", async () => {
    const operator = await newOperator("viewer");
    const { secret } = await turnOnSecondFactor(operator);
    for (const code of ["000000", buildTotpCode(secret, 1)]) {
      const reply = await operator.portal.post("/sign-in/code", { code });
      expect(reply.status).toBe(409);
      expect(reply.html).toContain("Already signed in");
    }
    expect((await operator.portal.get("/sign-in/code")).location).toBe("/");
    // The code was not verified, so it is not used up.
    const { location } = await operator.portal.submit("/prove", { proof: buildTotpCode(secret, 1) });
    expect(location).toBe("/");
  });
});

describe("a code works once", () => {
  const awaitingCode = async (operator: { email: string; password: string }) => {
    const browser = newBrowser();
    await browser.submit("/sign-in", { email: operator.email, password: operator.password });
    return browser;
  };

  it("a code that was used works nowhere again within its 90 seconds, nor does the code of the enrollment", async () => {
    const operator = await newOperator("viewer");
    const { secret, firstCode } = await turnOnSecondFactor(operator);
    const browser = await awaitingCode(operator);
    expect((await browser.post("/sign-in/code", { code: firstCode })).status).toBe(422);
    const code = buildTotpCode(secret, 1);
    expect((await browser.post("/sign-in/code", { code })).status).toBe(303);
    const other = await awaitingCode(operator);
    expect((await other.post("/sign-in/code", { code })).html).toContain("Each code works once");
    expect((await operator.portal.post("/prove", { proof: code })).status).toBe(422);
    expect((await operator.portal.post("/account/second-factor/disable", { code })).status).toBe(422);
  });

  it("of two requests with one code at the same moment, one signs in", async () => {
    const operator = await newOperator("viewer");
    const { secret } = await turnOnSecondFactor(operator);
    const browsers = [await awaitingCode(operator), await awaitingCode(operator)];
    const code = buildTotpCode(secret, 1);
    const replies = await Promise.all(browsers.map((browser) => browser.post("/sign-in/code", { code })));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([303, 422]);
  });

  it("of two requests with one backup code at the same moment, one signs in", async () => {
    const operator = await newOperator("viewer");
    const { backupCodes } = await turnOnSecondFactor(operator);
    const browsers = [await awaitingCode(operator), await awaitingCode(operator)];
    const [code = ""] = backupCodes;
    const replies = await Promise.all(browsers.map((browser) => browser.post("/sign-in/code", { code })));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([303, 422]);
  });
});
