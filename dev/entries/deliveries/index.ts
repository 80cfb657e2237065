/** The deliveries worker as development runs it: what is deployed, and entrypoints that no deployment has. */
export * from "../../../workers/deliveries/index.ts";
export { default } from "../../../workers/deliveries/index.ts";
export { DevelopmentOperator } from "./development-operator.ts";
export { Sweeps } from "./sweeps.ts";
