import { hash, timingSafeEqual } from "node:crypto";

/** Computes SHA-256 synchronously (`node:crypto`), so that it works inside a Durable Object's transaction. */
export function sha256(data: string | Uint8Array): Uint8Array {
  return hash("sha256", data, "buffer");
}

export function sha256Hex(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}

/** Compares two secrets in constant time, so that timing does not reveal where they differ. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
