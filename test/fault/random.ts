/** A small generator with a seed, so that a failure can be played again. */
export function randomFrom(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Whether `error` is what a caller gets when the stack goes away in the middle of a call. */
export function isConnectionGone(error: unknown): boolean {
  return error instanceof TypeError || error instanceof SyntaxError;
}
