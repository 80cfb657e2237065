import type { StripeRetryMessage } from "../../shared/contract/messages.ts";
import type { Keyring } from "./keys/keyring.ts";
import type { Subject } from "./subject/subject.ts";
import type { SubjectEnv } from "./subject/subject-env.ts";

/** The bindings of the runtime worker (wrangler.toml), and `DEV` in development only. */
export interface RuntimeEnv extends SubjectEnv {
  SUBJECT: DurableObjectNamespace<Subject>;
  KEYRING: DurableObjectNamespace<Keyring>;
  STRIPE_RETRIES: Queue<StripeRetryMessage>;
  /** The deployed version of this worker. Its tag is empty in development. */
  VERSION: WorkerVersionMetadata;
  /** Secret; see docs/secrets.md. */
  STRIPE_WRAPPING_KEYS: string;
}
