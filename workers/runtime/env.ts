import type { StripeRetryMessage } from "../../shared/contract/messages.ts";
import type { Keyring } from "./keys/keyring.ts";
import type { Subject } from "./subject/subject.ts";
import type { SubjectEnv } from "./subject/subject-env.ts";

/** The bindings of the runtime worker (wrangler.toml), and `DEV` in development only. */
export interface RuntimeEnv extends SubjectEnv {
  SUBJECT: DurableObjectNamespace<Subject>;
  KEYRING: DurableObjectNamespace<Keyring>;
  STRIPE_RETRIES: Queue<StripeRetryMessage>;
  /** Cloudflare's rate limiting, one counter per limit (shared/contract/rate-limits.ts). */
  RATE_LIMIT_100: RateLimit;
  RATE_LIMIT_500: RateLimit;
  RATE_LIMIT_1000: RateLimit;
  RATE_LIMIT_5000: RateLimit;
  RATE_LIMIT_10000: RateLimit;
  RATE_LIMIT_50000: RateLimit;
  /** The deployed version of this worker. Its tag is empty in development. */
  VERSION: WorkerVersionMetadata;
  /** Secret; see docs/secrets.md. */
  STRIPE_WRAPPING_KEYS: string;
}
