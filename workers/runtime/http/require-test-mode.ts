import type { Caller } from "../request-context.ts";
import { ApiError } from "./api-error.ts";

/** Refuses a live key where an endpoint is for development. */
export function requireTestMode({ mode }: Caller): void {
  if (mode === "test") return;
  throw new ApiError("test_mode_only", "Available in test mode only. Use a test key, lz_test_….");
}
