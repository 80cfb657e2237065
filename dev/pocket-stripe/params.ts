import { invalidRequest, missingParameter, unknownParameter } from "./errors.ts";
import type { FormParts, FormValue } from "./form.ts";

/** Parses one parameter. `path` is its full name in Stripe's errors: `line_items[0][price]`. */
export type Param<T> = (value: FormValue | undefined, path: string) => T;
export type Fields = Record<string, Param<unknown>>;
export type Decoded<F extends Fields> = { [K in keyof F]: ReturnType<F[K]> };

/** Parses all `parts` by `fields`. Rejects unknown names, so that no parameter is silently ignored. */
export function decodeFields<F extends Fields>(fields: F, parts: FormParts, path = ""): Decoded<F> {
  const buildPath = (key: string) => (path === "" ? key : `${path}[${key}]`);
  for (const key of parts.keys()) if (!Object.hasOwn(fields, key)) throw unknownParameter(buildPath(key));
  const decoded = Object.entries(fields).map(([key, read]) => [key, read(parts.get(key), buildPath(key))]);
  return Object.fromEntries(decoded) as Decoded<F>;
}

export function text(limits: { oneOf?: readonly string[]; max?: number } = {}): Param<string> {
  return (value, path) => {
    if (value === undefined) throw missingParameter(path);
    if (typeof value !== "string") throw invalidRequest(`Invalid string: ${path}`, { param: path });
    if (value === "") {
      const message = `You passed an empty string for '${path}'. We assume empty values are an attempt to unset a parameter; however '${path}' cannot be unset. You should remove '${path}' from your request or supply a non-empty value.`;
      throw invalidRequest(message, { code: "parameter_invalid_empty", param: path });
    }
    if (limits.oneOf !== undefined && !limits.oneOf.includes(value)) {
      throw invalidRequest(`Invalid ${path}: must be one of ${limits.oneOf.join(", ")}`, { param: path });
    }
    if (value.length > (limits.max ?? 5_000)) {
      const message = `Invalid string: ${path} must be at most ${limits.max ?? 5_000} characters`;
      throw invalidRequest(message, { param: path });
    }
    return value;
  };
}

export function oneOf<const T extends string>(...words: T[]): Param<T> {
  const read = text({ oneOf: words });
  return (value, path) => read(value, path) as T;
}

export function integer(limits: { min?: number; max?: number } = {}): Param<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = limits;
  const read = text();
  return (value, path) => {
    const number = read(value, path);
    if (!/^-?\d{1,15}$/.test(number)) {
      throw invalidRequest(`Invalid integer: ${number}`, { code: "parameter_invalid_integer", param: path });
    }
    if (Number(number) < min || Number(number) > max) {
      const rule = Number(number) < min ? `greater than or equal to ${min}` : `less than or equal to ${max}`;
      throw invalidRequest(`Invalid ${path}: this value must be ${rule}.`, {
        code: "parameter_invalid_integer",
        param: path,
      });
    }
    return Number(number);
  };
}

/** A decimal number above `above` and up to `max`. */
export function decimal(limits: { above: number; max: number }): Param<number> {
  const read = text();
  return (value, path) => {
    const number = read(value, path);
    if (!/^\d{1,9}(\.\d{1,4})?$/.test(number)) {
      throw invalidRequest(`Invalid decimal: ${number}`, { code: "parameter_invalid_decimal", param: path });
    }
    if (Number(number) <= limits.above || Number(number) > limits.max) {
      const message = `Invalid ${path}: must be above ${limits.above} and at most ${limits.max}.`;
      throw invalidRequest(message, { param: path });
    }
    return Number(number);
  };
}

export function boolean(): Param<boolean> {
  const read = text({ oneOf: ["true", "false"] });
  return (value, path) => read(value, path) === "true";
}

/** Seconds since 1970. */
export function timestamp(): Param<number> {
  return integer({ min: 0 });
}

export function optional<T>(read: Param<T>): Param<T | undefined> {
  return (value, path) => (value === undefined ? undefined : read(value, path));
}

/** Parses a value that an empty text unsets. */
export function clearable<T>(read: Param<T>): Param<T | null | undefined> {
  return (value, path) => (value === "" ? null : optional(read)(value, path));
}

export function group<F extends Fields>(fields: F): Param<Decoded<F>> {
  return (value, path) => {
    if (value === undefined) throw missingParameter(path);
    if (typeof value === "string") throw invalidRequest(`Invalid object: ${path}`, { param: path });
    return decodeFields(fields, value, path);
  };
}

export function list<T>(read: Param<T>, limits: { max?: number } = {}): Param<T[]> {
  return (value, path) => {
    if (value === undefined) throw missingParameter(path);
    if (typeof value === "string") throw invalidRequest("Invalid array", { param: path });
    const { max = 100 } = limits;
    if (value.size > max)
      throw invalidRequest(`Invalid array: ${path} can have ${max} at most`, { param: path });
    return [...value]
      .map(([key, member]): [number, FormValue] => {
        if (!/^\d{1,6}$/.test(key)) throw unknownParameter(`${path}[${key}]`);
        return [Number(key), member];
      })
      .sort(([a], [b]) => a - b)
      .map(([key, member]) => read(member, `${path}[${key}]`));
  };
}

/** A metadata change: values by key, with `null` to remove a key. `null` as a whole removes all. */
export type MetadataChange = Record<string, string | null> | null;

export function metadata(): Param<MetadataChange | undefined> {
  return (value, path) => {
    if (value === undefined) return undefined;
    if (value === "") return null;
    if (typeof value === "string") throw invalidRequest("Invalid object", { param: path });
    if (value.size > 50) throw invalidRequest("Metadata can have 50 keys at most", { param: path });
    return Object.fromEntries(
      [...value].map(([key, member]) => {
        const param = `${path}[${key}]`;
        if (typeof member !== "string") throw invalidRequest(`Invalid string: ${param}`, { param });
        if (key.length > 40) throw invalidRequest("Metadata keys can have 40 characters at most", { param });
        if (member.length > 500)
          throw invalidRequest("Metadata values can have 500 characters at most", { param });
        return [key, member === "" ? null : member];
      }),
    );
  };
}

export function applyMetadata(
  before: Record<string, string>,
  change: MetadataChange | undefined,
): Record<string, string> {
  if (change === null) return {};
  const after = Object.entries({ ...before, ...change });
  return Object.fromEntries(after.filter((entry): entry is [string, string] => entry[1] !== null));
}
