/**
 * What crosses to the object and back in the calls that a request waits for, as JSON text. An object would be written property
 * by property and given a disposer on arrival; text is copied (docs/performance.md: a twentieth of a bare call).
 */
export type Packed<T> = string & { readonly packed: T };

export const pack = <T>(value: T) => JSON.stringify(value) as Packed<T>;

export const unpack = <T>(packed: Packed<T>) => JSON.parse(packed) as T;
