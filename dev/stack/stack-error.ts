/** An error for the person at the terminal. Its message says what is wrong and what to do. */
export class StackError extends Error {
  override name = "StackError";
}
