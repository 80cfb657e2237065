/** Entry of the runtime worker in development: the deployed worker, with entrypoints for development only. */
export * from "../../../workers/runtime/index.ts";
export { default } from "../../../workers/runtime/index.ts";
export { ProvisioningEntrypoint } from "./provisioning-entrypoint.ts";
export { VerificationEntrypoint } from "./verification-entrypoint.ts";
