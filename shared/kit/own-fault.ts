/**
 * A fault of this installation: a secret is missing or wrong. The work that met it is not at fault, so the try
 * does not count, and the work continues once the installation is corrected. The message is for operators.
 */
export class OwnFaultError extends Error {
  override name = "OwnFaultError";
}
