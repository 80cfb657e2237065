import { afterEach, describe, expect, it, vi } from "vitest";
import { errorMessage, log } from "../../shared/kit/log.ts";
import { subjectTag } from "../../shared/kit/subject-tag.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function linesOf(level: string | undefined, work: () => void): Record<string, unknown>[] {
  vi.stubEnv("LOG_LEVEL", level);
  const lines: string[] = [];
  for (const method of ["info", "warn", "error"] as const)
    vi.spyOn(console, method).mockImplementation((line: string) => void lines.push(line));
  work();
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("a line of the log", () => {
  it("is one line of JSON with its time, level and event, and its fields in snake_case", () => {
    const [line, ...others] = linesOf("info", () =>
      log("info", "request", { requestId: "req_1", durationMs: 3 }),
    );
    expect(others).toEqual([]);
    expect(line).toEqual({
      at: expect.any(String),
      level: "info",
      event: "request",
      request_id: "req_1",
      duration_ms: 3,
    });
  });

  it.each([
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
    [undefined, ["warn", "error"]],
    ["loud", ["warn", "error"]],
  ])("is written from LOG_LEVEL=%s on", (level, written) => {
    const lines = linesOf(level, () => {
      for (const each of ["info", "warn", "error"] as const) log(each, "x");
    });
    expect(lines.map((line) => line["level"])).toEqual(written);
  });

  it("quotes no key, secret, token or address of a person from an error", () => {
    const secrets = [
      "sk_test_51Abc",
      "rk_live_9x",
      "whsec_aGVsbG8+/w==",
      "lz_live_0123abc",
      "Bearer eyJhbGciOi.x.y",
      "jane.doe+x@example.com",
      "/invitations/0123456789abcdefghjk",
    ];
    const said = errorMessage(new Error(`No such thing: '${secrets.join("', '")}'; try again`));
    for (const secret of secrets) expect(said).not.toContain(secret);
    expect(said).toMatch(/^No such thing: .*try again$/);
    expect(errorMessage("x".repeat(600))).toHaveLength(500);
  });

  it("names a subject by a tag that is the same every time and another in another project", () => {
    expect(subjectTag("prj_1/test/jane@example.com")).toMatch(/^[0-9a-f]{16}$/);
    expect(subjectTag("prj_1/test/jane@example.com")).toBe(subjectTag("prj_1/test/jane@example.com"));
    expect(subjectTag("prj_1/test/jane@example.com")).not.toBe(subjectTag("prj_2/test/jane@example.com"));
  });
});
