/**
 * A fault of this installation: a secret is missing or wrong, or a service that it uses does not answer. The work that
 * met it is not at fault, so the try does not count, and the work continues once the fault is over. The message is for
 * operators.
 */
export class OwnFaultError extends Error {
  override name = "OwnFaultError";
}
