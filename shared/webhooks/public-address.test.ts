import { describe, expect, it } from "vitest";
import { isPublicAddress } from "./public-address.ts";

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

const malformedAddresses = [
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

describe("isPublicAddress", () => {
  it.each(publicAddresses)("isPublicAddress() accepts the public address %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each(specialAddresses)("isPublicAddress() refuses the special-purpose address %s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(malformedAddresses)("isPublicAddress() refuses '%s', which is not an IP address", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});
