import type { Mode } from "../../shared/contract/enums.ts";
import type { Role } from "../../shared/contract/roles.ts";

export interface OperatorEntry {
  role: Role;
  email: string;
  password: string;
}

/** The content of `.dev/stack.json`, which scripts read to drive the stack. */
export interface StackFile {
  origin: string;
  project_id: string;
  test_key: string;
  live_key: string;
  stripe: Record<Mode, { connection_id: string; webhook_url: string; webhook_secret: string }>;
  /** The sample receiver, which gets every event of test mode. */
  receiver: { url: string; endpoint_id: string; secret: string };
  operators: OperatorEntry[];
  /** With demo data only: the story of each of its customers, by ref. */
  demo_customers?: Record<string, string>;
}
