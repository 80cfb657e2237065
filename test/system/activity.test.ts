import { describe, expect, it, vi } from "vitest";
import { sentencesOf } from "../../dev/seed/portal-client.ts";
import { newOperator } from "./operators.ts";
import { buy, newWorld } from "./world.ts";

/** Returns the text of one tile on the overview page. */
function tileOf(html: string, title: string): string {
  const [, rest = ""] = html.split(`<dt>${title}</dt>`);
  return sentencesOf(rest.split("</dd>")[0] ?? "");
}

describe("activity on the portal", () => {
  it("the portal shows check counts and a key's last use when the API was called", async () => {
    const world = await newWorld();
    const { portal } = await newOperator("viewer", world.accountId);
    const path = `/p/${world.projectId}/test`;
    const before = (await portal.get(path)).html;
    expect(tileOf(before, "Access checks (24 h)")).toBe("0 approximate");
    expect(tileOf(before, "Search index")).toBe("Up to date");
    expect((await portal.get(`${path}/keys`)).html).toContain('<span class="quiet">never</span>');

    await buy(world, "user_1");
    await vi.waitFor(async () => expect((await world.api.check("user_1")).body.allowed).toBe(true), 3_000);
    for (let index = 0; index < 3; index++) await world.api.check("stranger");
    await vi.waitFor(async () => {
      const tile = tileOf((await portal.get(path)).html, "Access checks (24 h)");
      expect(tile).toMatch(/^[4-9]\d* \d+% denied, approximate$/);
    }, 5_000);
    expect((await portal.get(`${path}/keys`)).html).toMatch(/about <time/);
  });
});
