import type { Role } from "../../shared/contract/roles.ts";

export interface OperatorEntry {
  role: Role;
  email: string;
  password: string;
}

interface StripeEntry {
  connection_id: string;
  webhook_url: string;
  /** `null` when `stripe listen` made it. */
  webhook_secret: string | null;
}

/** The content of `.dev/stack.json`, which scripts read to drive the stack. */
export interface StackFile {
  origin: string;
  project_id: string;
  test_key: string;
  /** `null` with a Stripe test account, which has no live mode here. */
  live_key: string | null;
  stripe: { test: StripeEntry; live: StripeEntry | null };
  /** The test account that the project was made with; `null` with pocket Stripe. Files of older trees lack it. */
  stripe_account?: { key_hint: string } | null;
  /** The sample receiver, which gets every event of test mode. */
  receiver: { url: string; endpoint_id: string; secret: string };
  operators: OperatorEntry[];
  /** With demo data only: the story of each of its customers, by ref. */
  demo_customers?: Record<string, string>;
  /** With demo data only: the path of a recovery link by the page that it leads to. */
  demo_links?: Record<string, string>;
}
