import { describe, expect, it } from "vitest";
import { checkEndpointUrl } from "./endpoint-url.ts";

const production = { allowsLoopback: false, ownHosts: ["licenzy.example.net"] };
const development = { allowsLoopback: true, ownHosts: ["localhost"] };

const allowed = [
  "https://example.com/webhooks",
  "https://example.com:443/webhooks",
  "https://example.com:8443/webhooks?a=b",
  "https://hooks.example.co.uk.",
  "https://xn--bcher-kva.example/",
  "https://bücher.example/",
  "https://127.0.0.1.example.com/",
  "https://localhost.example.com/",
  "https://licenzy.example.net.evil.example/",
];

const refused: [why: RegExp, urls: string[]][] = [
  [
    /must begin with https/,
    ["http://example.com/", "ftp://example.com/", "javascript:alert(1)", "wss://example.com/"],
  ],
  [
    /not a URL/,
    [
      "",
      "example.com",
      "https://",
      "https://exa mple.com/",
      "https://256.256.256.256/",
      "https://1.2.3.4.5/",
    ],
  ],
  [
    /user name or password/,
    ["https://user@example.com/", "https://user:pass@example.com/", "https://:pass@example.com/"],
  ],
  [/fragment/, ["https://example.com/#a"]],
  [
    /port must be/,
    [
      "https://example.com:80/",
      "https://example.com:22/",
      "https://example.com:8080/",
      "https://example.com:444/",
    ],
  ],
  [/longer than/, [`https://example.com/${"a".repeat(2_000)}`]],
  [
    /not an IP address/,
    [
      "https://127.0.0.1/",
      "https://127.0.0.1./",
      "https://8.8.8.8/",
      "https://2130706433/", // decimal
      "https://0x7f000001/", // hexadecimal
      "https://0x7f.0.0.1/",
      "https://0177.0.0.1/", // octal
      "https://127.1/", // short forms
      "https://127.0.1/",
      "https://0/",
      "https://１２７.0.0.1/", // full-width digits
      "https://127。0。0。1/", // ideographic full stops
      "https://%31%32%37.0.0.1/", // percent-encoded
      "https://169.254.169.254/latest/meta-data/",
      "https://[::1]/",
      "https://[::]/",
      "https://[::ffff:127.0.0.1]/",
      "https://[::ffff:7f00:1]/",
      "https://[fd00::1]/",
      "https://[fe80::1]/",
      "https://[2001:4860:4860::8888]/",
      "https://[64:ff9b::7f00:1]/",
    ],
  ],
  [
    /full domain name/,
    [
      "https://localhost/",
      "https://LOCALHOST/",
      "https://localhost./",
      "https://localhost../",
      "https://intranet/",
      "https://metadata/",
    ],
  ],
  [
    /not public/,
    [
      "https://printer.local/",
      "https://printer.LOCAL./",
      "https://metadata.google.internal/",
      "https://app.localhost/",
      "https://a.b.internal./",
      "https://a.b.internal../",
    ],
  ],
  [
    /belongs to Licenzy/,
    [
      "https://licenzy.example.net/v1/webhooks",
      "https://LICENZY.example.net./",
      "https://licenzy.example.net:8443/",
    ],
  ],
];

describe("checkEndpointUrl", () => {
  it.each(allowed)("checkEndpointUrl() accepts %s", (url) => {
    expect(checkEndpointUrl(url, production)).toMatchObject({ outcome: "ok", isLoopback: false });
  });

  it.each(refused.flatMap(([why, urls]) => urls.map((url) => ({ url, why }))))(
    "checkEndpointUrl() refuses $url with a message that matches $why",
    ({ url, why }) => {
      expect(checkEndpointUrl(url, production)).toEqual({
        outcome: "refused",
        message: expect.stringMatching(why),
      });
    },
  );

  it.each([
    "http://localhost:8787/receiver/demo",
    "http://127.0.0.1:4000/",
    "https://127.9.9.9/",
    "http://[::1]:4000/",
  ])("checkEndpointUrl() accepts %s only when the development binding is present", (url) => {
    expect(checkEndpointUrl(url, development)).toMatchObject({ outcome: "ok", isLoopback: true });
    expect(checkEndpointUrl(url, production)).toMatchObject({ outcome: "refused" });
  });

  it.each([
    "http://10.0.0.1/",
    "https://10.0.0.1/",
    "https://[fd00::1]/",
    "http://example.com/",
    "https://printer.local/",
  ])("checkEndpointUrl() refuses %s also when the development binding is present", (url) => {
    expect(checkEndpointUrl(url, development)).toMatchObject({ outcome: "refused" });
  });
});
