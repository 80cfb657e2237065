import { app } from "./app.ts";

export { Keyring } from "./keys/keyring.ts";
export { MaintenanceEntrypoint } from "./maintenance-entrypoint.ts";
export { OperatorEntrypoint } from "./operator-entrypoint.ts";
export { AccessReplica } from "./replica/access-replica.ts";
export { Subject } from "./subject/subject.ts";

export default app;
