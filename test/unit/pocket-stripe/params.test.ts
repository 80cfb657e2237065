import { describe, expect, test } from "vitest";
import { StripeApiError } from "../../../dev/pocket-stripe/errors.ts";
import { decodeForm } from "../../../dev/pocket-stripe/form.ts";
import {
  applyMetadata,
  boolean,
  clearable,
  decimal,
  decodeFields,
  group,
  integer,
  list,
  metadata,
  oneOf,
  optional,
  text,
} from "../../../dev/pocket-stripe/params.ts";

const fields = {
  name: text({ max: 10 }),
  mode: optional(oneOf("payment", "subscription")),
  count: optional(integer({ min: 1, max: 99 })),
  share: optional(decimal({ above: 0, max: 100 })),
  active: optional(boolean()),
  note: clearable(text()),
  items: optional(list(group({ price: text(), quantity: optional(integer()) }), { max: 2 })),
  metadata: metadata(),
};

function readRefusal(form: string): unknown {
  try {
    decodeFields(fields, decodeForm(form));
  } catch (error) {
    if (error instanceof StripeApiError) return { code: error.error.code, param: error.error.param };
    throw error;
  }
  return "accepted";
}

describe("decodeFields", () => {
  test("decodeFields() reads every kind of parameter", () => {
    const form =
      "name=x&mode=payment&count=7&share=33.5&active=true&note=&items[1][price]=b&items[0][price]=a&metadata[k]=v";
    expect(decodeFields(fields, decodeForm(form))).toEqual({
      name: "x",
      mode: "payment",
      count: 7,
      share: 33.5,
      active: true,
      note: null,
      items: [
        { price: "a", quantity: undefined },
        { price: "b", quantity: undefined },
      ],
      metadata: { k: "v" },
    });
  });

  test.each([
    ["name=x&other=1", "parameter_unknown", "other"],
    ["name=x&items[0][price]=a&items[0][tax]=1", "parameter_unknown", "items[0][tax]"],
    ["name=x&__proto__=1", "parameter_unknown", "__proto__"],
    ["name=x&constructor=1", "parameter_unknown", "constructor"],
    ["", "parameter_missing", "name"],
    ["name=x&items[0][quantity]=1", "parameter_missing", "items[0][price]"],
    ["name=", "parameter_invalid_empty", "name"],
    ["name=x&count=1.5", "parameter_invalid_integer", "count"],
    ["name=x&share=half", "parameter_invalid_decimal", "share"],
    ["name=x&share=0", undefined, "share"],
    ["name=x&share=100.5", undefined, "share"],
    ["name=x&count=0", "parameter_invalid_integer", "count"],
    ["name=x&count=100", "parameter_invalid_integer", "count"],
    ["name=x&mode=setup", undefined, "mode"],
    ["name=x&active=yes", undefined, "active"],
    ["name[a]=x", undefined, "name"],
    ["name=12345678901", undefined, "name"],
    ["name=x&items=a", undefined, "items"],
    ["name=x&items[a][price]=a", "parameter_unknown", "items[a]"],
    ["name=x&items[0][price]=a&items[1][price]=a&items[2][price]=a", undefined, "items"],
    ["name=x&metadata[a][b]=1", undefined, "metadata[a]"],
  ])("decodeFields() refuses %s with code %s for parameter %s", (form, code, param) => {
    expect(readRefusal(form)).toEqual({ code, param });
  });
});

describe("applyMetadata", () => {
  test("applyMetadata() merges keys, removes a key with an empty value, and removes all when empty", () => {
    const before = { a: "1", b: "2" };
    const change = (form: string) => decodeFields({ metadata: metadata() }, decodeForm(form)).metadata;
    expect(applyMetadata(before, change("metadata[b]=&metadata[c]=3"))).toEqual({ a: "1", c: "3" });
    expect(applyMetadata(before, change("metadata="))).toEqual({});
    expect(applyMetadata(before, change(""))).toEqual(before);
  });
});
