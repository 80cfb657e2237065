import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateApiKey, parseApiKey } from "./api-key.ts";
import { connectionIdOf, databaseNumberOf, deriveId, newId, newProjectId, projectIdFloor } from "./ids.ts";

describe("ids", () => {
  it("newId() makes ids that sort by age, and derivedId() is the same for the same input", () => {
    expect(newId("att", 1_000) < newId("att", 2_000)).toBe(true);
    expect(newId("att", 2 ** 32 - 1) < newId("att", 2 ** 32)).toBe(true);
    expect(deriveId("ent", "x")).toBe(deriveId("ent", "x"));
    expect(deriveId("ent", "x")).not.toBe(deriveId("ent", "y"));
    expect(newId("ent")).toMatch(/^ent_[0-9a-z]{26}$/);
  });

  it("a project id names its database, in its API keys too, and ids of earlier releases name the first", () => {
    const until2039 = fc.integer({ min: 0, max: 2 ** 41 - 1 });
    fc.assert(
      fc.property(until2039, fc.integer({ min: 0, max: 127 }), (at, database) => {
        const projectId = newProjectId(at, database);
        expect(projectId).toMatch(/^prj_[0-9a-z]{26}$/);
        expect(databaseNumberOf(projectId)).toBe(database);
        expect(parseApiKey(generateApiKey("test", "weur", projectId))?.projectId).toBe(projectId);
        expect(databaseNumberOf(newId("prj", at))).toBe(0);
        expect(projectId > projectIdFloor(database)).toBe(true);
        expect(database === 127 || projectId < projectIdFloor(database + 1)).toBe(true);
      }),
    );
    expect(newProjectId(1_000, 3) < newProjectId(2_000, 3)).toBe(true);
    expect(() => newProjectId(0, 128)).toThrow("no data database");
    expect(() => databaseNumberOf("prj_")).toThrow("names no data database");
  });

  it("a connection has the same id for a project and mode", () => {
    expect(connectionIdOf({ projectId: "prj_1", mode: "test" })).toBe(deriveId("con", "prj_1/test"));
  });
});
