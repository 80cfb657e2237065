import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { PortalEnv } from "../../../workers/portal/env.ts";
import { renderNotSetUpPage } from "../../../workers/portal/pages/sign-in/page.tsx";
import type { PortalHono } from "../../../workers/portal/request-context.ts";

const token = "a-secret-setup-token-of-32-characters";
const app = new Hono<PortalHono>().get("/sign-in", (c) => renderNotSetUpPage(c));

type Overrides = Partial<Omit<PortalEnv, "SETUP_TOKEN">> & { SETUP_TOKEN?: string | undefined };

async function readPage(url: string, env: Overrides): Promise<string> {
  return (await app.request(url, {}, { SETUP_TOKEN: token, ...env })).text();
}

describe("sign-in page of an installation that is not set up", () => {
  it("the page of a deployment names the setup link without its token", async () => {
    const html = await readPage("https://licenzy.example/sign-in", {
      PUBLIC_ORIGIN: "https://licenzy.example",
    });
    expect(html).toContain("https://licenzy.example/setup?token=…");
    expect(html).toContain("SETUP_TOKEN");
    expect(html).not.toContain(token);
    expect(html).not.toContain("set it first");
  });

  it("the page of a deployment says that the setup token is missing or too short", async () => {
    for (const short of [undefined, "31-characters-are-too-few------"])
      expect(await readPage("https://licenzy.example/sign-in", { SETUP_TOKEN: short })).toContain(
        "The secret is missing or shorter than 32 characters: set it first.",
      );
  });

  it("the page in development links to the setup page, at the stack's own host only", async () => {
    const env = { DEV: {}, PUBLIC_ORIGIN: "http://localhost:8787" } as Partial<PortalEnv>;
    expect(await readPage("http://localhost:8787/sign-in", env)).toContain(`href="/setup?token=${token}"`);
    expect(await readPage("http://rebound.example:8787/sign-in", env)).not.toContain(token);
  });
});
