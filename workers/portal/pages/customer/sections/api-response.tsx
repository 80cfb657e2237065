import { toAccessCheckReply } from "../../../../../shared/contract/access.ts";
import type { CustomerView } from "../../../../../shared/contract/operations/customer-views.ts";
import { CopyButton } from "../../../components/parts.tsx";

/** Shows exactly what the customer's backend receives from an access check right now. */
export function ApiResponse({ customer }: { customer: CustomerView }) {
  const { subjectRef, decision } = customer;
  const request = JSON.stringify({ subject_ref: subjectRef });
  const response = JSON.stringify(toAccessCheckReply(subjectRef, decision.reason));
  return (
    <div class="pad">
      <p class="quiet">What your app receives from an access check right now.</p>
      <h3>Request</h3>
      <Exchange text={`POST /v1/access/check\nContent-Type: application/json\n\n${request}`} copy={request} />
      <h3>Response</h3>
      <Exchange
        text={`HTTP/1.1 200 OK\nContent-Type: application/json\nLicenzy-Decision: ${decision.decisionId}\n\n${response}`}
        copy={response}
      />
    </div>
  );
}

function Exchange({ text, copy }: { text: string; copy: string }) {
  return (
    <div class="command">
      <pre>{text}</pre>
      <CopyButton value={copy} name="JSON" />
    </div>
  );
}
