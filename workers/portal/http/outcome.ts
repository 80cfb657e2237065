import type { Refusal } from "../../../shared/contract/operator.ts";
import { DependencyUnavailableError } from "../../../shared/kit/timeout.ts";
import type { FormState } from "../components/fields.tsx";
import type { Form } from "../request-context.ts";

/** Waits for another worker, and takes a broken line to it for what it is. */
export async function asked<T extends { outcome: string }>(
  reply: Promise<T>,
  worker = "the runtime",
): Promise<T> {
  try {
    return await reply;
  } catch (cause) {
    throw new DependencyUnavailableError(worker, { cause });
  }
}

/** The form as it was sent, with what the runtime found wrong: at its field, else above the button. */
export function refusedForm(values: Form, { message, field = "" }: Refusal): FormState {
  return { values, faults: { [field]: message } };
}

const statuses = {
  session_ended: 401,
  not_allowed: 403,
  proof_needed: 403,
  not_found: 404,
  invalid: 422,
  conflict: 409,
  stripe: 502,
} as const satisfies Record<Refusal["reason"], number>;

export function statusOf({ reason }: Refusal) {
  return statuses[reason];
}
