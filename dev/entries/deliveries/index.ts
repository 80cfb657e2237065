/**
 * Entry of the deliveries worker in development: the deployed worker, with entrypoints for development
 * only.
 */
export * from "../../../workers/deliveries/index.ts";
export { default } from "../../../workers/deliveries/index.ts";
export { DevelopmentOperator } from "./development-operator.ts";
export { Sweeps } from "./sweeps.ts";
