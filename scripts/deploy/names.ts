import { DeployProblem } from "./problem.ts";

/** In the order of deployment: a worker binds only workers before it, and itself. */
export const workers = ["licenzy-runtime", "licenzy-deliveries", "licenzy-portal"] as const;
export type DeployedWorker = (typeof workers)[number];

export const queues = [
  "licenzy-stripe-retries",
  "licenzy-stripe-retries-dead",
  "licenzy-deliveries",
  "licenzy-deliveries-dead",
] as const;

export const database = "licenzy";

/**
 * Returns the name of a resource in an environment: `licenzy-runtime` in `staging` is `licenzy-staging-runtime`. So
 * several environments share one account.
 */
export function nameIn(environment: string, name: string): string {
  return name.replace(/^licenzy/, `licenzy-${environment}`);
}

/** @throws DeployProblem if the name can't be part of a worker's name */
export function checkEnvironmentName(name: string | undefined): string {
  if (name === undefined)
    throw new DeployProblem("The environment is missing.", "Add --env production, or --env staging.");
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name) || name.endsWith("-"))
    throw new DeployProblem(
      `${JSON.stringify(name)} can't name an environment.`,
      "Use 1 to 20 lowercase letters, digits and hyphens; begin with a letter.",
    );
  // The further databases of another environment end so.
  if (/(^|-)data-\d+$/.test(name))
    throw new DeployProblem(
      `${JSON.stringify(name)} can't name an environment: a database of another one could have its name.`,
      "Choose a name that does not end with data- and a number.",
    );
  return name;
}
