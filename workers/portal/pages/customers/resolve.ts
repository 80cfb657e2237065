import type { Mode } from "../../../../shared/contract/enums.ts";
import {
  findCustomersByEmail,
  findRelatedAtStripe,
} from "../../../../shared/contract/operations/customers.ts";
import { getDecisionSubjectTag } from "../../../../shared/kit/decision-id.ts";
import { type Found, type SearchTerms, searchCustomers } from "../../db/customer-search.ts";
import { callOperation } from "../../http/call-operation.ts";
import { getDatabases, getScope, type PortalContext } from "../../request-context.ts";
import { describe, type Match, nearest, toMatch, toMatches, toPageMatches } from "./matches.ts";
import { type Candidate, describeCandidate, recognize } from "./recognize.ts";

export interface Resolution {
  /** What the text was recognized as, for example "Stripe charge ch_1"; null for part of a name. */
  recognized: string | null;
  /** The pages in this mode, the likeliest first. */
  matches: Match[];
  /** The same in the other mode. */
  elsewhere: Match[];
  /** The mode that the text itself names, when it is the other one. */
  namesOtherMode: boolean;
  /** What went wrong, or why nothing can be found. */
  note: string | null;
  found: Found;
}

interface Options {
  page: { after: string | null; limit: number };
  /** Whether Stripe may be called for what D1 does not know. */
  readStripe: boolean;
}

/**
 * Finds the pages that a pasted text leads to. One round trip to D1; a second one after a call to Stripe, for an email
 * address and for an object that Licenzy does not store.
 */
export async function resolve(c: PortalContext, text: string, options: Options): Promise<Resolution> {
  const candidates = recognize(text);
  const terms = toTerms(candidates);
  const scope = getScope(c);
  const [named] = candidates.filter(({ kind }) => kind !== "ref");
  const base = {
    recognized: named === undefined ? null : describe(named),
    namesOtherMode: named?.kind === "stripe" && named.mode !== null && named.mode !== scope.mode,
    note: named?.kind === "own" && named.prefix === "req" ? requestNote : null,
  };
  const found = await searchCustomers(getDatabases(c), scope, terms, options.page);
  const matches = [...toPageMatches(candidates), ...toMatches(scope.projectId, found.hits, candidates)];
  if (matches.length > 0 || !options.readStripe || base.namesOtherMode)
    return { ...base, ...byMode(matches, scope.mode), found };
  const target = candidates.find(({ kind }) => kind === "email" || kind === "stripe");
  if (target === undefined) return { ...base, ...byMode([], scope.mode), found };
  const related = await readRelated(c, target);
  if (related.ids.length === 0) return { ...base, ...byMode([], scope.mode), note: related.note, found };
  const again = await searchCustomers(getDatabases(c), scope, { ...terms, ids: related.ids }, options.page);
  const linked = nearest(again.hits, related.ids).map((hit) => toMatch(scope.projectId, hit, target));
  const note = linked.length === 0 ? unlinkedNote(target) : related.note;
  return { ...base, ...byMode(linked, scope.mode), note, found: again };
}

const requestNote =
  "Licenzy does not store API requests. Search your worker logs for this request ID; the log line has the customer's tag.";

function toTerms(candidates: Candidate[]): SearchTerms {
  const shortened = candidates.find((each) => each.kind === "shortened");
  const refs = candidates.flatMap(({ kind, value }) => (kind === "ref" ? [value] : []));
  const ids = candidates.flatMap(({ kind, value }) => (kind === "stripe" || kind === "own" ? [value] : []));
  const tags = candidates.flatMap((each) => {
    const tag =
      each.kind === "tag" ? each.value : each.kind === "own" ? getDecisionSubjectTag(each.value) : null;
    return tag === null ? [] : [tag];
  });
  return { ids, tags, refs, shortened: shortened ?? null };
}

/** Reads from Stripe which ids lead from the object, or the address, to customers. */
async function readRelated(
  c: PortalContext,
  target: Candidate,
): Promise<{ ids: string[]; note: string | null }> {
  if (target.kind === "email") {
    const reply = await callOperation(c, findCustomersByEmail, { email: target.value });
    if (reply.outcome === "refused") return { ids: [], note: unavailableNote(target, reply.message) };
    const note = reply.customerIds.length === 0 ? `Stripe has no customer with this email address.` : null;
    return { ids: reply.customerIds, note };
  }
  const reply = await callOperation(c, findRelatedAtStripe, { stripeId: target.value });
  if (reply.outcome === "refused")
    return {
      ids: [],
      note: reply.reason === "not_found" ? reply.message : unavailableNote(target, reply.message),
    };
  const { stripeIds, attemptId } = reply;
  return { ids: attemptId === null ? stripeIds : [...stripeIds, attemptId], note: null };
}

const unavailableNote = (target: Candidate, message: string): string =>
  `${describeCandidate(target).label} not looked up: ${message}`;

const unlinkedNote = (target: Candidate): string =>
  `Stripe has this ${describeCandidate(target).label.replace("Stripe ", "").toLowerCase()}, but it belongs to no customer here. Licenzy did not sell it, or its event has not arrived.`;

function byMode(matches: Match[], mode: Mode): Pick<Resolution, "matches" | "elsewhere"> {
  return {
    matches: matches.filter((match) => match.mode === mode),
    elsewhere: matches.filter((match) => match.mode !== mode),
  };
}
