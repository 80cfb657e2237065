/**
 * A failure that the operator can act on: what happened, and the next step. The commands print both, without a
 * stack trace.
 */
export class DeployProblem extends Error {
  constructor(
    what: string,
    readonly next: string,
  ) {
    super(what);
    this.name = "DeployProblem";
  }
}
