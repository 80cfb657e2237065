import type Stripe from "stripe";
import { invalidRequest, noSuchObject } from "./errors.ts";
import type { ObjectNotes } from "./object-notes.ts";
import { integer, optional, text } from "./params.ts";
import { otherMode, type Scope, scopeName } from "./scope.ts";
import type { ApiObject, ObjectName, StripeObjects, Wire } from "./wire.ts";

export const pageFields = {
  limit: optional(integer({ min: 1, max: 100 })),
  starting_after: optional(text()),
  ending_before: optional(text()),
};

export interface Page {
  limit: number | undefined;
  starting_after: string | undefined;
  ending_before: string | undefined;
}

/**
 * Filters of a list. `fields` compares members of the object; dots descend, and `undefined` does not
 * filter.
 */
export interface Selection {
  page?: Page;
  parent?: string;
  created?: Record<"gt" | "gte" | "lt" | "lte", number | undefined> | undefined;
  fields?: Record<string, string | boolean | string[] | undefined>;
  /** Like `fields`, with `*` as a wildcard. */
  globs?: Record<string, string>;
  /** A query for ids to exclude. */
  without?: string;
}

interface Origin<T extends ObjectName> {
  created: number;
  /** The object that it is listed under. */
  parent?: string;
  notes?: T extends keyof ObjectNotes ? ObjectNotes[T] : never;
}

interface Row extends Record<string, SqlStorageValue> {
  json: string;
}

/** Stores the objects of one scope. */
export class ObjectStore {
  constructor(
    private readonly sql: SqlStorage,
    private readonly scope: Scope,
  ) {}

  find<T extends ObjectName>(type: T, id: string): StripeObjects[T] | undefined {
    return this.read(this.scope, type, id);
  }

  /**
   * Returns the object, or throws Stripe's `resource_missing`. `param` names the parameter that contains
   * the id.
   */
  get<T extends ObjectName>(type: T, id: string, param?: string): StripeObjects[T] {
    const object = this.find(type, id);
    if (object !== undefined) return object;
    const mode = (livemode: boolean) => (livemode ? "live" : "test");
    const hint =
      this.read(otherMode(this.scope), type, id) === undefined
        ? ""
        : `; a similar object exists in ${mode(!this.scope.livemode)} mode, but a ${mode(this.scope.livemode)} mode key was used to make this request.`;
    throw noSuchObject(type, id, param, hint);
  }

  insert<T extends ObjectName>(object: StripeObjects[T] & { object: T }, origin: Origin<T>): void {
    this.sql.exec(
      "INSERT INTO objects (scope, id, type, parent, created, json, notes) VALUES (?, ?, ?, ?, ?, ?, ?)",
      scopeName(this.scope),
      object.id,
      object.object,
      origin.parent ?? null,
      origin.created,
      JSON.stringify(object),
      JSON.stringify(origin.notes ?? {}),
    );
  }

  save(object: StripeObjects[ObjectName]): void {
    this.update(object.id, object.object, object);
  }

  readNotes<T extends keyof ObjectNotes>(_type: T, id: string): ObjectNotes[T] {
    const { notes } = this.sql
      .exec<{ notes: string }>(
        "SELECT notes FROM objects WHERE id = ? AND scope = ?",
        id,
        scopeName(this.scope),
      )
      .one();
    return JSON.parse(notes) as ObjectNotes[T];
  }

  writeNotes<T extends keyof ObjectNotes>(_type: T, id: string, notes: ObjectNotes[T]): void {
    this.sql.exec(
      "UPDATE objects SET notes = ? WHERE id = ? AND scope = ?",
      JSON.stringify(notes),
      id,
      scopeName(this.scope),
    );
  }

  /** Replaces a deleted object with the response to later reads of it. No other function finds it. */
  markDeleted(tombstone: ApiObject & { id: string }): void {
    this.update(tombstone.id, `deleted:${tombstone.object}`, tombstone);
  }

  tombstone(type: ObjectName, id: string): ApiObject | undefined {
    const [row] = this.sql
      .exec<Row>(
        "SELECT json FROM objects WHERE id = ? AND scope = ? AND type = ?",
        id,
        scopeName(this.scope),
        `deleted:${type}`,
      )
      .toArray();
    return row === undefined ? undefined : (JSON.parse(row.json) as ApiObject);
  }

  remove(id: string): void {
    this.sql.exec("DELETE FROM objects WHERE id = ? AND scope = ?", id, scopeName(this.scope));
  }

  /** Lists objects, newest first. `url` is the `url` member of the list. */
  list<T extends ObjectName>(
    type: T,
    url: string,
    selection: Selection = {},
  ): Wire<Stripe.ApiList<StripeObjects[T]>> {
    const { page, created, fields = {} } = selection;
    const where = ["scope = ?", "type = ?"];
    const values: SqlStorageValue[] = [scopeName(this.scope), type];
    const add = (condition: string, ...more: SqlStorageValue[]) => {
      where.push(condition);
      values.push(...more);
    };
    if (selection.parent !== undefined) add("parent = ?", selection.parent);
    for (const [name, operator] of Object.entries({ gt: ">", gte: ">=", lt: "<", lte: "<=" })) {
      const limit = created?.[name as "gt"];
      if (limit !== undefined) add(`created ${operator} ?`, limit);
    }
    for (const [field, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      const member = `json_extract(json, '$.${field}')`;
      if (typeof value === "boolean") add(`${member} = ?`, value ? 1 : 0);
      else if (typeof value === "string") add(`${member} = ?`, value);
      else add(`${member} IN (SELECT value FROM json_each(?))`, JSON.stringify(value));
    }
    for (const [field, glob] of Object.entries(selection.globs ?? {})) {
      add(`json_extract(json, '$.${field}') GLOB ?`, glob);
    }
    if (selection.without !== undefined) add(`id NOT IN (${selection.without})`);
    if (page?.starting_after !== undefined && page.ending_before !== undefined) {
      throw invalidRequest("You may only specify one of these parameters: starting_after, ending_before.");
    }
    const backwards = page?.ending_before !== undefined;
    if (page?.starting_after !== undefined)
      add("(created, seq) < (?, ?)", ...this.findCursor(type, page.starting_after, "starting_after"));
    if (page?.ending_before !== undefined)
      add("(created, seq) > (?, ?)", ...this.findCursor(type, page.ending_before, "ending_before"));
    const limit = page === undefined ? -1 : (page.limit ?? 10);
    const order = backwards ? "created, seq" : "created DESC, seq DESC";
    const query = `SELECT json FROM objects WHERE ${where.join(" AND ")} ORDER BY ${order} LIMIT ?`;
    const rows = this.sql.exec<Row>(query, ...values, limit < 0 ? limit : limit + 1).toArray();
    const shown = (limit < 0 ? rows : rows.slice(0, limit)).map(
      (row) => JSON.parse(row.json) as Wire<StripeObjects[T]>,
    );
    if (backwards) shown.reverse();
    return { object: "list", data: shown, has_more: rows.length > shown.length, url };
  }

  private read<T extends ObjectName>(scope: Scope, type: T, id: string): StripeObjects[T] | undefined {
    const [row] = this.sql
      .exec<Row>(
        "SELECT json FROM objects WHERE id = ? AND scope = ? AND type = ?",
        id,
        scopeName(scope),
        type,
      )
      .toArray();
    return row === undefined ? undefined : (JSON.parse(row.json) as StripeObjects[T]);
  }

  private update(id: string, type: string, json: object): void {
    const { rowsWritten } = this.sql.exec(
      "UPDATE objects SET type = ?, json = ? WHERE id = ? AND scope = ?",
      type,
      JSON.stringify(json),
      id,
      scopeName(this.scope),
    );
    if (rowsWritten === 0) throw new Error(`Object to change not found: ${id}`);
  }

  private findCursor(type: ObjectName, id: string, param: string): [number, number] {
    const [row] = this.sql
      .exec<{ created: number; seq: number }>(
        "SELECT created, seq FROM objects WHERE id = ? AND scope = ? AND type = ?",
        id,
        scopeName(this.scope),
        type,
      )
      .toArray();
    if (row === undefined) throw noSuchObject(type, id, param);
    return [row.created, row.seq];
  }
}
