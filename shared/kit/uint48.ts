/** Length in bytes of an unsigned, big-endian integer inside an id: a time in milliseconds or a sequence. */
export const uint48Length = 6;

export function writeUint48(bytes: Uint8Array, offset: number, value: number): void {
  let rest = value;
  for (let index = offset + uint48Length - 1; index >= offset; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

export function readUint48(bytes: Uint8Array, offset: number): number {
  return bytes.subarray(offset, offset + uint48Length).reduce((value, byte) => value * 256 + byte, 0);
}
