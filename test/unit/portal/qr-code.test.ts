import { describe, expect, it } from "vitest";
import { QrCode } from "../../../workers/portal/components/qr-code.tsx";

const uri =
  "otpauth://totp/Licenzy:dana@acme.example?secret=JBSWY3DPEHPK3PXP&issuer=Licenzy&digits=6&period=30";

function draw(text: string) {
  const svg = String(QrCode({ text, label: "QR code" }));
  const size = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1]);
  const dark = new Set([...svg.matchAll(/M(\d+),(\d+)h1v1h-1z/g)].map(([, x, y]) => `${x},${y}`));
  return { svg, size, dark };
}

describe("QrCode", () => {
  it("QrCode draws the three finder patterns inside a quiet zone of four modules", () => {
    const { size, dark } = draw(uri);
    const far = size - 4 - 7;
    for (const [left, top] of [
      [4, 4],
      [far, 4],
      [4, far],
    ] as const) {
      const rows = Array.from({ length: 7 }, (_, y) =>
        Array.from({ length: 7 }, (_, x) => (dark.has(`${left + x},${top + y}`) ? "#" : ".")).join(""),
      );
      expect(rows).toEqual(["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"]);
    }
    for (let index = 0; index < size; index++)
      for (const edge of [0, 3, size - 4, size - 1])
        expect([dark.has(`${index},${edge}`), dark.has(`${edge},${index}`)]).toEqual([false, false]);
  });

  it("QrCode draws another image when the secret is different, without script or style", () => {
    expect(draw(uri).svg).not.toBe(draw(uri.replace("JBSW", "JBSX")).svg);
    expect(draw(uri).svg).not.toMatch(/<script|style=/);
  });
});
