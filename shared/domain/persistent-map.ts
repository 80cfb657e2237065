/**
 * An immutable map. A changed copy costs as much as the change, not as the map. The newest version has the entries; an
 * older one has what to change in the newer one, so reading it after that costs as much as the versions in between.
 *
 * The order of iteration is not kept. An iterator sees the version that it began with.
 */
export class PersistentMap<K, V> implements ReadonlyMap<K, V> {
  private content: Content<K, V>;

  constructor(entries: Iterable<readonly [K, V]> = []) {
    this.content = { map: new Map(entries) };
  }

  /** Returns the map with these entries, where `undefined` leaves the key out. This version does not change. */
  with(changes: Iterable<readonly [K, V | undefined]>): PersistentMap<K, V> {
    const map = this.entriesMap();
    const next = new PersistentMap<K, V>();
    next.content = { map };
    this.content = { newer: next, changes: change(map, changes) };
    return next;
  }

  get size(): number {
    return this.entriesMap().size;
  }

  get(key: K): V | undefined {
    return this.entriesMap().get(key);
  }

  has(key: K): boolean {
    return this.entriesMap().has(key);
  }

  entries(): MapIterator<[K, V]> {
    return [...this.entriesMap().entries()].values();
  }

  keys(): MapIterator<K> {
    return [...this.entriesMap().keys()].values();
  }

  values(): MapIterator<V> {
    return [...this.entriesMap().values()].values();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  /** The cheapest iteration: it copies nothing, so `use` must not change this version. */
  forEach(use: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    this.entriesMap().forEach((value, key) => {
      use(value, key, this);
    });
  }

  /** Makes this version the one with the entries, and each newer version one that differs from the one before. */
  private entriesMap(): Map<K, V> {
    if ("map" in this.content) return this.content.map;
    const older: PersistentMap<K, V>[] = [];
    let at: PersistentMap<K, V> = this;
    while ("newer" in at.content) {
      older.push(at);
      at = at.content.newer;
    }
    const { map } = at.content;
    for (const version of older.toReversed()) {
      const { content } = version;
      if (!("newer" in content)) break;
      content.newer.content = { newer: version, changes: change(map, content.changes) };
      version.content = { map };
    }
    return map;
  }
}

type Change<K, V> = readonly [K, V | undefined];
type Content<K, V> = { map: Map<K, V> } | { newer: PersistentMap<K, V>; changes: Change<K, V>[] };

/** Changes the map. Returns the changes that take this back, in the order in which to make them. */
function change<K, V>(map: Map<K, V>, changes: Iterable<Change<K, V>>): Change<K, V>[] {
  const back: Change<K, V>[] = [];
  for (const [key, value] of changes) {
    back.push([key, map.get(key)]);
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }
  return back.reverse();
}
