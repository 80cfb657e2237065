import { afterEach, describe, expect, it, vi } from "vitest";
import { errorMessage, isInLogShare, log } from "./log.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function captureLines(level: string | undefined, work: () => void): Record<string, unknown>[] {
  vi.stubEnv("LOG_LEVEL", level);
  const lines: string[] = [];
  for (const method of ["info", "warn", "error"] as const)
    vi.spyOn(console, method).mockImplementation((line: string) => void lines.push(line));
  work();
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("log", () => {
  it("log() writes one line of JSON with time, level and event, and its fields in snake_case", () => {
    const [line, ...others] = captureLines("info", () =>
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
  ])("log() writes only the levels $1 when LOG_LEVEL is $0", (level, written) => {
    const lines = captureLines(level, () => {
      for (const each of ["info", "warn", "error"] as const) log(each, "x");
    });
    expect(lines.map((line) => line["level"])).toEqual(written);
  });

  it.each([
    ["0", 0],
    ["0.25", 250],
    ["1", 1_000],
    [undefined, 1_000],
    ["a tenth", 1_000],
  ])("isInLogShare() lets this share pass: %s", (share, expected) => {
    vi.stubEnv("LOG_SHARE", share);
    let drawn = 0;
    vi.spyOn(Math, "random").mockImplementation(() => drawn++ / 1_000);
    expect(Array.from({ length: 1_000 }, isInLogShare).filter(Boolean).length).toBe(expected);
  });

  it("errorMessage() removes keys, secrets, tokens and personal addresses from an error", () => {
    const secrets = [
      "sk_test_51Abc",
      "rk_live_9x",
      "whsec_aGVsbG8+/w==",
      "lz_live_0123abc",
      "Bearer eyJhbGciOi.x.y",
      "jane.doe+x@example.com",
      "/invitations/0123456789abcdefghjk",
      "/reset/0123456789abcdefghjk",
      `/r/00${"0123456789abcdefghjkmnpqrs".repeat(2)}`,
    ];
    const message = errorMessage(new Error(`No such thing: '${secrets.join("', '")}'; try again`));
    for (const secret of secrets) expect(message).not.toContain(secret);
    expect(message).toMatch(/^No such thing: .*try again$/);
    expect(errorMessage("x".repeat(600))).toHaveLength(500);
  });
});
