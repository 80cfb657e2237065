import { type SQL, sql } from "drizzle-orm";
import { type Mode, modes } from "../../../shared/contract/enums.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { batchBoth, type Databases } from "../../../shared/db/databases.ts";
import { hashSubjectName, type LastErasure } from "../../../shared/db/erasures.ts";
import { prepareSql } from "../../../shared/db/prepare-sql.ts";
import { connectionIdOf } from "../../../shared/kit/ids.ts";
import {
  type CustomerListItem,
  type CustomerRow,
  customerColumns,
  rowsOf,
  toCustomerListItem,
} from "./customers.ts";
import { type ProductName, prepareProductNames } from "./product-names.ts";

/** What to search for. Everything but the refs is looked up in both modes. */
export interface SearchTerms {
  /** Whole ids of Stripe's and ours. */
  ids: string[];
  /** Tags of customers, of decision ids and log lines. */
  tags: string[];
  /** Whole refs; the first one may also be a part of a ref. */
  refs: string[];
  shortened: { start: string; end: string } | null;
}

/** A row that one of the ids names. */
export interface Hit {
  kind: "customer" | "stripe_event" | "delivery" | "event" | "endpoint" | "price";
  mode: Mode;
  /** The id that found it. */
  id: string;
  /** What it is: an event's type, or a product's code. */
  detail: string | null;
  subjectRef: string | null;
}

export interface Found {
  hits: Hit[];
  /** Customers with a `subject_ref` that begins with the first ref, or else with one that contains it. */
  customers: CustomerListItem[];
  /** The last `subject_ref` of the page that begins with the text, if more follow. */
  after: string | null;
  products: ProductName[];
  erasure: LastErasure | null;
}

/** A text within a ref is searched in this many customers, the newest. */
const maxSearchedCustomers = 20_000;
/** Ids with the same beginning that are compared with a shortened id. */
const maxCompared = 20_000;
const maxHits = 50;
const lastCharacter = "\u{10ffff}";

/**
 * Looks up everything that the terms may name, in one round trip; each part reads an index. `page.after` continues the
 * refs that begin with the text.
 */
export async function searchCustomers(
  databases: Databases,
  scope: Scope,
  terms: SearchTerms,
  page: { after: string | null; limit: number },
): Promise<Found> {
  const [text = ""] = terms.refs;
  const { control, data } = databases;
  const [[names, prices], results] = await batchBoth(
    databases,
    [prepareProductNames(control, scope), prepareSql(control, buildPriceHits(scope, terms.ids))],
    [
      buildByPrefix(scope, text, page),
      buildByPart(scope, text, page),
      selectErasure(scope, text),
      // One statement each: D1 takes at most five parts of a UNION.
      ...buildHits(scope, terms).map((part) => sql`${part} LIMIT ${maxHits}`),
    ].map((query) => prepareSql(data, query)),
  );
  const byPrefix = rowsOf<CustomerRow>(results[0]);
  const byPart = rowsOf<CustomerRow>(results[1]);
  const shown = [...byPrefix, ...byPart].slice(0, page.limit).map(toCustomerListItem);
  return {
    hits: [...results.slice(3), prices].flatMap((result) => rowsOf<Hit>(result)),
    customers: shown,
    after: byPrefix.length > page.limit ? (shown.at(-1)?.subjectRef ?? null) : null,
    products: rowsOf(names),
    erasure: rowsOf<LastErasure>(results[2])[0] ?? null,
  };
}

const list = (values: readonly string[]): SQL =>
  sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;

const selectErasure = (scope: Scope, subjectRef: string): SQL =>
  sql`SELECT erasure_id AS erasureId, state, asked_at AS askedAt, done_at AS doneAt, operator_name AS operatorName
    FROM erasures WHERE subject_hash = ${hashSubjectName({ ...scope, subjectRef })} ORDER BY asked_at DESC LIMIT 1`;

/** The Stripe connections of the project, with their modes. */
const connections = ({ projectId }: Scope): SQL =>
  sql`(SELECT value ->> 'mode' AS mode, value ->> 'connectionId' AS connection_id FROM json_each(${JSON.stringify(
    modes.map((mode) => ({ mode, connectionId: connectionIdOf({ projectId, mode }) })),
  )})) AS connection`;

const named = (kind: Hit["kind"], id: string, detail: string, subjectRef: string): SQL =>
  sql.raw(`SELECT '${kind}' AS kind, mode, ${id} AS id, ${detail} AS detail, ${subjectRef} AS subjectRef`);

/** The prices of products, in the control database. */
const buildPriceHits = ({ projectId }: Scope, ids: string[]): SQL =>
  sql`${named("price", "stripe_price_id", "product_code", "NULL")} FROM product_prices
    WHERE project_id = ${projectId} AND mode IN ${list(modes)} AND stripe_price_id IN ${list(ids)} LIMIT ${maxHits}`;

function buildHits(scope: Scope, { ids, tags, refs, shortened }: SearchTerms): SQL[] {
  const { projectId } = scope;
  const idList = list(ids);
  const ofProject = sql`project_id = ${projectId} AND mode IN ${list(modes)}`;
  return [
    sql`${named("customer", "subject_ref", "NULL", "subject_ref")} FROM subjects
      WHERE ${ofProject} AND subject_ref IN ${list(refs)}`,
    sql`${named("customer", "subject_tag", "NULL", "subject_ref")} FROM subjects
      WHERE subject_tag IN ${list(tags)} AND +project_id = ${projectId}`,
    sql`${named("customer", "stripe_id", "NULL", "subject_ref")}
      FROM ${connections(scope)} CROSS JOIN stripe_objects AS object
      ON object.connection_id = connection.connection_id AND object.stripe_id IN ${idList}`,
    sql`${named("customer", "attempt_id", "NULL", "subject_ref")} FROM checkout_attempts
      WHERE attempt_id IN ${idList} AND +project_id = ${projectId}`,
    sql`${named("customer", "entitlement_id", "NULL", "subject_ref")} FROM entitlements
      WHERE entitlement_id IN ${idList} AND +project_id = ${projectId}`,
    sql`${named("stripe_event", "event_id", "type", "subject_ref")} FROM stripe_events
      WHERE connection_id IN (SELECT connection_id FROM ${connections(scope)}) AND event_id IN ${idList}`,
    sql`${named("delivery", "delivery_id", "event_type", "subject_ref")} FROM deliveries
      WHERE delivery_id IN ${idList} AND +project_id = ${projectId}`,
    // An event with one delivery leads to it; one with several to their list.
    sql`${named("event", "event_id", "type", "subject_ref")} FROM events
      WHERE event_id IN ${idList} AND +project_id = ${projectId}`,
    sql`${named("endpoint", "endpoint_id", "NULL", "NULL")} FROM endpoints
      WHERE endpoint_id IN ${idList} AND +project_id = ${projectId} AND deleted_at IS NULL`,
    ...(shortened === null ? [] : buildShortened(scope, shortened)),
  ];
}

/** Ids and refs with this beginning and end. Of those with the beginning, a bounded number is compared. */
function buildShortened(scope: Scope, { start, end }: { start: string; end: string }): SQL[] {
  const { projectId } = scope;
  const range = (column: string) =>
    sql`${sql.raw(column)} >= ${start} AND ${sql.raw(column)} < ${start + lastCharacter}`;
  const ends = sql`substr(id, ${-[...end].length}) = ${end}`;
  const compare = (kind: Hit["kind"], detail: string, select: SQL): SQL =>
    sql`SELECT ${sql.raw(`'${kind}'`)} AS kind, mode, id, ${sql.raw(detail)} AS detail, subject_ref AS subjectRef
      FROM (${select} LIMIT ${maxCompared}) WHERE ${ends}`;
  const ofProject = sql`+project_id = ${projectId}`;
  const ofConnection = sql`connection_id IN (SELECT connection_id FROM ${connections(scope)})`;
  return [
    compare(
      "customer",
      "NULL",
      sql`SELECT mode, subject_ref AS id, subject_ref FROM subjects
        WHERE project_id = ${projectId} AND mode IN ${list(modes)} AND ${range("subject_ref")}`,
    ),
    compare(
      "customer",
      "NULL",
      sql`SELECT connection.mode AS mode, object.stripe_id AS id, object.subject_ref AS subject_ref
        FROM ${connections(scope)} CROSS JOIN stripe_objects AS object
        ON object.connection_id = connection.connection_id AND ${range("object.stripe_id")}`,
    ),
    compare(
      "stripe_event",
      "type",
      sql`SELECT mode, event_id AS id, type, subject_ref FROM stripe_events
        WHERE ${ofConnection} AND ${range("event_id")}`,
    ),
    compare(
      "delivery",
      "event_type",
      sql`SELECT mode, delivery_id AS id, event_type, subject_ref FROM deliveries
        WHERE ${range("delivery_id")} AND ${ofProject}`,
    ),
    compare(
      "event",
      "type",
      sql`SELECT mode, event_id AS id, type, subject_ref FROM events WHERE ${range("event_id")} AND ${ofProject}`,
    ),
    compare(
      "customer",
      "NULL",
      sql`SELECT mode, attempt_id AS id, subject_ref FROM checkout_attempts
        WHERE ${range("attempt_id")} AND ${ofProject}`,
    ),
    compare(
      "customer",
      "NULL",
      sql`SELECT mode, entitlement_id AS id, subject_ref FROM entitlements
        WHERE ${range("entitlement_id")} AND ${ofProject}`,
    ),
  ];
}

/** A range of the primary key; LIKE would read the whole table. */
const beginsWith = ({ projectId, mode }: Scope, text: string): SQL =>
  sql`subjects.project_id = ${projectId} AND subjects.mode = ${mode}
    AND subjects.subject_ref < ${text + lastCharacter}`;

function buildByPrefix(
  scope: Scope,
  text: string,
  { after, limit }: { after: string | null; limit: number },
): SQL {
  const from = after === null ? sql`subjects.subject_ref >= ${text}` : sql`subjects.subject_ref > ${after}`;
  return sql`SELECT ${customerColumns} FROM subjects WHERE ${beginsWith(scope, text)} AND ${from}
    ORDER BY subjects.subject_ref LIMIT ${limit + 1}`;
}

/** Only where no ref begins with the text: that is what an operator types first. In any case of letters. */
function buildByPart(
  scope: Scope,
  text: string,
  { after, limit }: { after: string | null; limit: number },
): SQL {
  const { projectId, mode } = scope;
  const isWanted = text.length >= 3 && after === null;
  return sql`SELECT ${customerColumns} FROM (
      SELECT subject_ref FROM (SELECT subject_ref FROM subjects WHERE project_id = ${projectId} AND mode = ${mode}
        AND NOT EXISTS (SELECT 1 FROM subjects AS first WHERE first.project_id = ${projectId} AND first.mode = ${mode}
          AND first.subject_ref >= ${text} AND first.subject_ref < ${text + lastCharacter})
        ORDER BY created_at DESC LIMIT ${isWanted ? maxSearchedCustomers : 0})
      WHERE instr(lower(subject_ref), ${text.toLowerCase()}) > 0 LIMIT ${limit}) AS page
    CROSS JOIN subjects ON subjects.project_id = ${projectId} AND subjects.mode = ${mode}
      AND subjects.subject_ref = page.subject_ref
    ORDER BY subjects.subject_ref`;
}
