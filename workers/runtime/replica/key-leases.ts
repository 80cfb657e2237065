import type { KeyEntry } from "../keys/keyring.ts";

/**
 * A revoked key must stop working everywhere within 5 s. A replica answers from its memory for 4 s, and the isolates that
 * call it for 1 s (key-cache.ts): each counts from before it called.
 */
const lifetimeMs = 4_000;
const maxKeys = 10_000;

/** The keys that a replica knows, by their hash. Contains only keys that their Keyring knows. */
export class KeyLeases {
  private readonly entries = new Map<string, { entry: KeyEntry; requestedAt: number }>();

  constructor(private readonly now: () => number) {}

  /** Returns the key; `null` if it is unknown or revoked. `request` calls the Keyring. */
  async find(keyHash: string, request: () => Promise<KeyEntry | null>): Promise<KeyEntry | null> {
    const requestedAt = this.now();
    const known = this.entries.get(keyHash);
    if (known !== undefined && requestedAt - known.requestedAt < lifetimeMs) return known.entry;
    this.entries.delete(keyHash);
    const entry = await request();
    if (entry === null) return null;
    if (this.entries.size >= maxKeys) this.entries.clear();
    const other = this.entries.get(keyHash);
    // Two questions can overtake each other.
    if (other === undefined || other.requestedAt < requestedAt)
      this.entries.set(keyHash, { entry, requestedAt });
    return entry;
  }
}
