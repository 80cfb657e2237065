/**
 * The portal passes the session token and the IP address of the request. The serving worker reads operator, membership
 * and role itself; no other statement of the portal counts.
 */
export interface OperatorCaller {
  sessionToken: string;
  /** The IP address of the request, for the audit log; `null` when the platform did not provide it. */
  ipAddress: string | null;
}

export interface Refusal {
  outcome: "refused";
  reason:
    | "session_ended"
    | "not_allowed"
    | "reauthentication_required"
    | "not_found"
    | "invalid"
    | "conflict"
    | "stripe";
  /** A sentence for the operator: what is wrong and how to fix it. */
  message: string;
  /** The key of the operation's input that is wrong. */
  field?: string;
}

export function refusal(reason: Refusal["reason"], message: string, field?: string): Refusal {
  return { outcome: "refused", reason, message, ...(field === undefined ? {} : { field }) };
}

export type OperatorReply<T = object> = ({ outcome: "done" } & T) | Refusal;
