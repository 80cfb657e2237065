/** The runtime worker as development runs it: what is deployed, and entrypoints that no deployment has. */
export * from "../../../workers/runtime/index.ts";
export { default } from "../../../workers/runtime/index.ts";
export { ProvisioningEntrypoint } from "./provisioning-entrypoint.ts";
export { VerificationEntrypoint } from "./verification-entrypoint.ts";
