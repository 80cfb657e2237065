/**
 * An RPC argument or result as JSON text, used in the calls to the object that a request waits for. The
 * platform serializes an object property by property and adds a disposer on arrival; it only copies text.
 * That saves a twentieth of a bare call (docs/performance.md).
 */
export type Packed<T> = string & { readonly packed: T };

export const pack = <T>(value: T) => JSON.stringify(value) as Packed<T>;

export const unpack = <T>(packed: Packed<T>) => JSON.parse(packed) as T;
