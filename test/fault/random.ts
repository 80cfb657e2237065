/** Returns a seeded random number generator, so that a failure can be reproduced. */
export function randomFrom(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Returns whether a caller gets `error` when the stack is killed during a call. */
export function isConnectionGone(error: unknown): boolean {
  return error instanceof TypeError || error instanceof SyntaxError;
}
