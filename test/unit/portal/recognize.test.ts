import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeDecisionId } from "../../../shared/kit/decision-id.ts";
import { newId } from "../../../shared/kit/ids.ts";
import {
  type Candidate,
  describeCandidate,
  recognize,
} from "../../../workers/portal/pages/customers/recognize.ts";

const stripe = (value: string, mode: "test" | "live" | null = null) => ({
  kind: "stripe",
  prefix: value.split("_")[0],
  value,
  mode,
});
const own = (value: string) => ({ kind: "own", prefix: value.split("_")[0], value });
const email = (value: string) => ({ kind: "email", value });
const ref = (value: string) => ({ kind: "ref", value });
const cus = "cus_NffrFeUfNV2Hib";
const pi = "pi_3MtwBwLkdIwHu7ix28a3tqPa";
const decision = encodeDecisionId("prj_1/test/user_1", { sequence: 1, at: 2 });
const delivery = `${newId("dlv")}0123abcd`;
const ownEvent = newId("evt");
const dashboard = "https://dashboard.stripe.com";

const table: [text: string, first: object][] = [
  ["anna@example.com", email("anna@example.com")],
  ["  Anna@Example.COM ", email("Anna@Example.COM")],
  ["Anna Becker <Anna@Example.com>", email("Anna@Example.com")],
  ['"Becker, Anna" <anna+shop@example.com>,', email("anna+shop@example.com")],
  ["mailto:anna@example.com?subject=Hello", email("anna@example.com")],
  ["(anna@example.com)", email("anna@example.com")],
  ["anna@example.com.", email("anna@example.com")],
  ...[cus, pi, "ch_3MtwBw", "py_1MtwBw", "re_1Nispe2eZ", "pyr_1Nispe", "dp_1Nispe2eZ", "du_1MtJUT2eZ"].map(
    (id): [string, object] => [id, stripe(id)],
  ),
  ...[
    "in_1MtHbELkdI",
    "evt_1NG8Du2eZvKYlo2CUI79vXWy",
    "sub_1MowQVLkdI",
    "seti_1Mm8s8",
    "si_NcLYdDxLHxlFo7",
  ].map((id): [string, object] => [id, stripe(id)]),
  ...["price_1MoBy5LkdI", "prod_NWjs8kKbJWmuuc"].map((id): [string, object] => [id, stripe(id)]),
  ["cs_test_a11YYufWQzNY63zpQ6QSNRQhkUpVph4W", stripe("cs_test_a11YYufWQzNY63zpQ6QSNRQhkUpVph4W", "test")],
  ["cs_live_a11YYufWQzNY63zpQ6QSNRQhkUpVph4W", stripe("cs_live_a11YYufWQzNY63zpQ6QSNRQhkUpVph4W", "live")],
  [`"${cus}"`, stripe(cus)],
  [`\`${cus}\``, stripe(cus)],
  [`“${cus}”.`, stripe(cus)],
  [`${cus},\n`, stripe(cus)],
  [`Charge for ${cus} failed!`, stripe(cus)],
  [`${dashboard}/test/customers/${cus}`, stripe(cus, "test")],
  [`${dashboard}/customers/${cus}`, stripe(cus, "live")],
  [`${dashboard}/acct_1MtwBw/test/payments/${pi}`, stripe(pi, "test")],
  [`${dashboard}/acct_1MtwBw/test/customers/${cus}/payments/${pi}`, stripe(pi, "test")],
  [`<${dashboard}/acct_1MtwBw/subscriptions/sub_1MowQV>`, stripe("sub_1MowQV", "live")],
  [`${dashboard}/test/invoices/in_1MtHbE?tab=overview`, stripe("in_1MtHbE", "test")],
  [`${dashboard}/test/events/evt_1NG8Du2e`, stripe("evt_1NG8Du2e", "test")],
  [`${dashboard}/test/disputes/dp_1Nispe`, stripe("dp_1Nispe", "test")],
  [`${dashboard}/test/search?query=ch_3MtwBw`, stripe("ch_3MtwBw", "test")],
  [`dashboard.stripe.com/test/payments/${pi}`, stripe(pi, "test")],
  ["https://checkout.stripe.com/c/pay/cs_test_a11YYufW#fid", stripe("cs_test_a11YYufW", "test")],
  [decision, own(decision)],
  [delivery, own(delivery)],
  [`'${delivery}'`, own(delivery)],
  [ownEvent, own(ownEvent)],
  ...(["att", "ent", "ep", "req"] as const).map((prefix): [string, object] => {
    const id = newId(prefix);
    return [id, own(id)];
  }),
  [
    "https://licenzy.example/p/prj_06h0/test/customers/user_1?as_of=x",
    { kind: "page", value: "/p/prj_06h0/test/customers/user_1?as_of=x" },
  ],
  ["/p/prj_06h0/live/deliveries", { kind: "page", value: "/p/prj_06h0/live/deliveries" }],
  ["cus_Nffrx…V2Hib", { kind: "shortened", value: "cus_Nffrx…V2Hib", start: "cus_Nffrx", end: "V2Hib" }],
  ["dlv_06h0a...k3x9z", { kind: "shortened", value: "dlv_06h0a...k3x9z", start: "dlv_06h0a", end: "k3x9z" }],
  ["c38735d6ea459e82", { kind: "tag", value: "c38735d6ea459e82" }],
  ["user_8812", ref("user_8812")],
  ["user_cus_123456", ref("user_cus_123456")],
  ["8812", ref("8812")],
];

describe("recognizing a pasted text", () => {
  it.each(table)("%s", (text, first) => {
    expect(recognize(text)[0]).toEqual(first);
  });

  it("an event id of our form may also be one of Stripe's", () => {
    expect(recognize(ownEvent)).toContainEqual(stripe(ownEvent));
  });

  it("the text itself can always be a subject_ref, with and without what is around it", () => {
    expect(recognize(' "user 1" ')).toEqual([ref('"user 1"'), ref("user 1")]);
    expect(recognize("anna@example.com")).toContainEqual(ref("anna@example.com"));
  });

  it("an address of another site is no page of the portal, and a portal's path never leaves the portal", () => {
    const pages = (text: string) => recognize(text).filter(({ kind }) => kind === "page");
    expect(pages("https://evil.example//evil.example/p/prj_1/test")).toEqual([]);
    expect(pages("https://evil.example/p/prj_1/test/../../../../x")).toEqual([]);
    for (const { value } of pages("https://evil.example/p/prj_1/test//evil.example"))
      expect(new URL(value, "https://portal.example").host).toBe("portal.example");
  });

  it("random text never makes the recognizer throw, and always has a subject_ref unless it is blank", () => {
    const parts = fc.constantFrom(
      "cus_",
      "evt_",
      "@",
      "…",
      "...",
      "https://",
      "/p/prj_1/test/",
      "%",
      "%zz",
      "<",
      "\u200b",
    );
    const hostile = fc
      .array(fc.oneof(parts, fc.string({ unit: "binary" })), { maxLength: 12 })
      .map((all) => all.join(""));
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: "grapheme" }), fc.webUrl()), (text) => {
        const found: Candidate[] = recognize(text);
        expect(found.some(({ kind }) => kind === "ref")).toBe(text.trim() !== "");
        for (const candidate of found) {
          expect(candidate.value).not.toBe("");
          expect(describeCandidate(candidate).label).not.toBe("");
        }
      }),
      { numRuns: 200 },
    );
  }, 30_000);
});
