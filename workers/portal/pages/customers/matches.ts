import type { Mode } from "../../../../shared/contract/enums.ts";
import { getDecisionSubjectTag } from "../../../../shared/kit/decision-id.ts";
import type { Hit } from "../../db/customer-search.ts";
import { buildProjectPath } from "../../request-context.ts";
import { type Candidate, describeCandidate } from "./recognize.ts";

/** A page that a text leads to. */
export interface Match {
  /** What was recognized, as in "Stripe charge ch_1, paid by user_1". */
  sentence: string;
  mode: Mode;
  href: string;
  subjectRef: string | null;
}

export const describe = (candidate: Candidate): string =>
  `${describeCandidate(candidate).label} ${shorten(candidate.value)}`;

const shorten = (value: string): string =>
  value.length > 60 ? `${value.slice(0, 50)}…${value.slice(-5)}` : value;

/** The page itself, for an address of the portal. */
export const toPageMatches = (candidates: Candidate[]): Match[] =>
  candidates.flatMap((candidate) => {
    if (candidate.kind !== "page") return [];
    const mode = candidate.value.split("/")[3] === "live" ? "live" : "test";
    return [{ sentence: describe(candidate), mode, href: candidate.value, subjectRef: null }];
  });

/** The hits as pages, without repetitions, in the order of the candidates. */
export function toMatches(projectId: string, hits: Hit[], candidates: Candidate[]): Match[] {
  const ordered = candidates.flatMap((candidate) =>
    hits.filter((hit) => isOf(hit, candidate)).map((hit) => toMatch(projectId, hit, candidate)),
  );
  return ordered.filter(({ href }, index) => ordered.findIndex((other) => other.href === href) === index);
}

function isOf({ id }: Hit, candidate: Candidate): boolean {
  if (candidate.kind === "shortened") return id.startsWith(candidate.start) && id.endsWith(candidate.end);
  return (
    id === candidate.value || (candidate.kind === "own" && id === getDecisionSubjectTag(candidate.value))
  );
}

/** The hits of the nearest object that has any, per mode. */
export function nearest(hits: Hit[], ids: string[]): Hit[] {
  const first = ids.find((id) => hits.some((hit) => hit.id === id));
  const ofFirst = hits.filter(({ id }) => id === first);
  return ofFirst.filter(
    (hit, index) =>
      ofFirst.findIndex(({ mode, subjectRef }) => mode === hit.mode && subjectRef === hit.subjectRef) ===
      index,
  );
}

/** `candidate` is what was pasted. The hit may be another object that leads from it to the customer. */
export function toMatch(projectId: string, hit: Hit, candidate: Candidate): Match {
  const { label, relation } = describeCandidate(candidate);
  const { mode, subjectRef } = hit;
  const what = candidate.kind === "stripe" && hit.kind === "event" ? "Webhook event" : label;
  const name = `${what} ${shorten(candidate.kind === "shortened" ? hit.id : candidate.value)}`;
  const sentence =
    subjectRef === null
      ? hit.detail === null || candidate.kind === "ref"
        ? name
        : `${name}, ${relation} ${hit.detail}`
      : candidate.kind === "ref"
        ? `Customer ${subjectRef}`
        : `${name}, ${relation} ${subjectRef}`;
  return { sentence, mode, subjectRef, href: buildHref(projectId, hit, candidate) };
}

function buildHref(
  projectId: string,
  { kind, mode, id, detail, subjectRef }: Hit,
  candidate: Candidate,
): string {
  const pathname = (page: string) => buildProjectPath(projectId, mode, page);
  const segment = encodeURIComponent(id);
  switch (kind) {
    case "customer": {
      const asOf = candidate.kind === "own" && candidate.prefix === "dec" ? `?as_of=${candidate.value}` : "";
      return pathname(`/customers/${encodeURIComponent(subjectRef ?? "")}${asOf}`);
    }
    case "stripe_event":
      return pathname(`/events/${segment}`);
    case "delivery":
      return pathname(`/deliveries/${segment}`);
    case "event":
      return pathname(
        `/deliveries?${new URLSearchParams({ ...(subjectRef === null ? {} : { customer: subjectRef }), type: detail ?? "" })}`,
      );
    case "endpoint":
      return pathname(`/webhooks/${segment}`);
    case "price":
      return pathname(`/products/${encodeURIComponent(detail ?? "")}`);
  }
}
