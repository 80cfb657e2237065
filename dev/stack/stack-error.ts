/** A refusal meant for the person at the terminal: its message says what is wrong and what to do. */
export class StackError extends Error {
  override name = "StackError";
}
