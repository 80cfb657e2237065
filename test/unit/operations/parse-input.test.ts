import { describe, expect, it } from "vitest";
import { createApiKey } from "../../../shared/contract/operations/api-keys.ts";
import { addNote, previewAction } from "../../../shared/contract/operations/customers.ts";
import { replayEvents } from "../../../shared/contract/operations/endpoints.ts";
import { createProduct, editProduct } from "../../../shared/contract/operations/products.ts";
import { operations } from "../../../shared/contract/operations/table.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { alteredForm, parseInput } from "../../../shared/operations/parse-input.ts";

const key = { keyId: newId("key"), name: "Backend", expiresAt: null };
const product = { productCode: "A", name: "A", stripePriceId: "price_1", kind: "subscription" as const };
const grant = { type: "grant", productCode: "A", units: 1, durationDays: null, expiresAt: null };
const action = { subjectRef: "user_1", actionId: newId("act"), form: grant };
const altered = { outcome: "refused", reason: "invalid", message: alteredForm };

describe("an input", () => {
  it("is parsed by its schema, transformations included", () => {
    const input = { ...key, name: "  Backend " };
    expect(parseInput(createApiKey, input)).toEqual({ outcome: "parsed", input: key });
  });

  it.each([
    [createApiKey, { ...key, name: "" }, "name", "Enter a name of 1 to 80 characters."],
    [
      addNote,
      { subjectRef: "user_1", noteId: newId("note"), note: " \r\n " },
      "note",
      "Enter a note of 1 to 4,000 characters.",
    ],
    [
      replayEvents,
      { jobId: newId("job"), endpointId: "ep_1", since: "soon" },
      "since",
      "Choose a time in the past.",
    ],
    [createProduct, { ...product, name: " " }, "name", "Enter a name of 1 to 120 characters."],
    [
      editProduct,
      { product: { ...product, kind: "usage_pack", units: "0", expiresAfterDays: null }, version: 1 },
      "units",
      "Enter a whole number of units from 1.",
    ],
    [
      previewAction,
      { ...action, form: { ...grant, units: 0 } },
      "units",
      "Enter a whole number of units, from 0 to 1,000,000,000,000. A grant needs at least 1.",
    ],
  ])(
    "is refused with the schema's own message, at the key it is about: $name",
    (operation, input, field, message) => {
      expect(parseInput(operation, input)).toEqual({ outcome: "refused", reason: "invalid", message, field });
    },
  );

  it.each([
    [createApiKey, { ...key, keyId: "key_of_mine" }],
    [createApiKey, { ...key, role: "owner" }],
    [createApiKey, { keyId: key.keyId, expiresAt: null }],
    [editProduct, { product, version: "1" }],
    [previewAction, { ...action, form: { ...grant, type: "give" } }],
    [previewAction, { ...action, form: { ...grant, unit: 1 } }],
    [previewAction, { ...action, actionId: "short" }],
  ])("that no form of ours sends has one message, and no field: $name", (operation, input) => {
    expect(parseInput(operation, input)).toEqual(altered);
  });

  it.each(operations)("of $name is an object and nothing else", (operation) => {
    for (const input of [null, undefined, "text", []]) expect(parseInput(operation, input)).toEqual(altered);
  });
});
