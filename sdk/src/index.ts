export type { Assumed, CheckOptions, FailMode, MaybeStale, Stale } from "./access.ts";
export type * from "./contract.ts";
export type { Lease, LeaseOptions, LeaseResult } from "./lease.ts";
export { Licenzy, type LicenzyOptions } from "./licenzy.ts";
export type { CallOptions, ClientOptions, WriteOptions } from "./options.ts";
export {
  type ClientErrorCode,
  type Failure,
  type Failures,
  LicenzyError,
  type Meta,
  orThrow,
  type Result,
  type Success,
} from "./result.ts";
export { type EventPlace, type EventStore, MemoryEventStore, type Outcome } from "./webhooks/event-store.ts";
export type { Received, ReceiveOptions } from "./webhooks/receive.ts";
export type { SignedRequest, Verified, VerifyError, VerifyOptions } from "./webhooks/verify.ts";
export type { JobDone, JobFailure, JobOptions, JobResult, JobValue } from "./with-usage.ts";
