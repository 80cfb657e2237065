import { describe, expect, it } from "vitest";
import { checkEndpointUrl } from "../../../shared/webhooks/endpoint-url.ts";
import { isPublicAddress } from "../../../shared/webhooks/public-address.ts";

const production = { mayBeLoopback: false, ownHosts: ["licenzy.example.net"] };
const development = { mayBeLoopback: true, ownHosts: ["localhost"] };

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
    ],
  ],
  [
    /our own host/,
    [
      "https://licenzy.example.net/v1/webhooks",
      "https://LICENZY.example.net./",
      "https://licenzy.example.net:8443/",
    ],
  ],
];

describe("the address guard: URLs", () => {
  it.each(allowed)("takes %s", (url) => {
    expect(checkEndpointUrl(url, production)).toMatchObject({ outcome: "ok", isLoopback: false });
  });

  it.each(refused.flatMap(([why, urls]) => urls.map((url) => ({ url, why }))))(
    "refuses $url: $why",
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
  ])("takes %s with the development binding only", (url) => {
    expect(checkEndpointUrl(url, development)).toMatchObject({ outcome: "ok", isLoopback: true });
    expect(checkEndpointUrl(url, production)).toMatchObject({ outcome: "refused" });
  });

  it.each([
    "http://10.0.0.1/",
    "https://10.0.0.1/",
    "https://[fd00::1]/",
    "http://example.com/",
    "https://printer.local/",
  ])("refuses %s in development too", (url) => {
    expect(checkEndpointUrl(url, development)).toMatchObject({ outcome: "refused" });
  });
});

const publicAddresses = [
  "1.1.1.1",
  "8.8.8.8",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.0",
  "169.253.255.255",
  "172.15.255.255",
  "172.32.0.0",
  "192.0.1.0",
  "192.167.255.255",
  "192.169.0.0",
  "198.17.255.255",
  "198.20.0.0",
  "223.255.255.255",
  "2001:4860:4860::8888",
  "2001:200::1",
  "2606:4700::1111",
  "2a00:1450:4001:81b::200e",
  "2003::1",
  "2001:db7:ffff::1",
];

const specialAddresses = [
  "0.0.0.0",
  "0.255.255.255",
  "10.0.0.0",
  "10.255.255.255",
  "100.64.0.0",
  "100.127.255.255",
  "127.0.0.1",
  "127.255.255.255",
  "169.254.0.1",
  "169.254.169.254",
  "172.16.0.0",
  "172.31.255.255",
  "192.0.0.8",
  "192.0.2.1",
  "192.88.99.1",
  "192.168.0.0",
  "192.168.255.255",
  "198.18.0.0",
  "198.19.255.255",
  "198.51.100.7",
  "203.0.113.7",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "0:0:0:0:0:0:0:1",
  "::127.0.0.1",
  "::ffff:127.0.0.1",
  "::ffff:8.8.8.8",
  "::ffff:a00:1",
  "64:ff9b::a00:1",
  "64:ff9b:1::1",
  "100::1",
  "2001::1",
  "2001:2::1",
  "2001:10::1",
  "2001:1ff:ffff::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "3fff:fff::1",
  "4000::1",
  "5f00::1",
  "fc00::1",
  "fd12:3456::1",
  "fe80::1",
  "fec0::1",
  "ff02::1",
];

const noAddresses = [
  "",
  "localhost",
  "1.2.3",
  "1.2.3.4.5",
  "256.1.1.1",
  "01.1.1.1",
  "1::2::3",
  "1:2:3",
  "fe80::1%eth0",
  "g::1",
  "2001:4860:::8888",
  "12345::1",
  "::1.2.3",
];

describe("the address guard: what a name resolves to", () => {
  it.each(publicAddresses)("may connect to %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each(specialAddresses)("must not connect to %s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(noAddresses)("takes '%s' for no address", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});
