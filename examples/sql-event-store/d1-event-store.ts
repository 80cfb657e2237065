import type { EventPlace, EventStore, Outcome } from "licenzy";

/** Apply as a migration. `older_than` is the newest sequence of the customer when the event was inserted. */
export const eventStoreSchema = [
  `CREATE TABLE licenzy_events (
    id TEXT PRIMARY KEY,
    sequence INTEGER,
    older_than INTEGER,
    CONSTRAINT in_order CHECK (sequence IS NULL OR older_than IS NULL OR sequence >= older_than)
  )`,
  "CREATE TABLE licenzy_streams (stream TEXT PRIMARY KEY, sequence INTEGER NOT NULL)",
];

/** Your own writes of one event. They commit together with the event's id, or not at all. */
export interface D1Writes {
  add(statement: D1PreparedStatement): void;
}

/**
 * An `EventStore` over D1, or any SQL database that runs several statements as one transaction. The constraints decide
 * inside the transaction: the primary key refuses a duplicate, and `in_order` an event older than the customer's newest.
 * So two workers that get the same event at once can't both commit.
 */
export class D1EventStore implements EventStore<D1Writes> {
  constructor(private readonly db: D1Database) {}

  async process(place: EventPlace, handle: (writes: D1Writes) => Promise<void>): Promise<Outcome> {
    const known = await this.find(place);
    if (known !== null) return known;
    const statements: D1PreparedStatement[] = [];
    await handle({ add: (statement) => void statements.push(statement) });
    try {
      await this.db.batch([...this.remember(place), ...statements]);
      return "processed";
    } catch (error) {
      // Another worker may have been faster. Any other error is passed on, and Licenzy sends the event again.
      const outcome = await this.find(place);
      if (outcome !== null) return outcome;
      throw error;
    }
  }

  private remember({ id, stream, sequence }: EventPlace): D1PreparedStatement[] {
    const event = this.db
      .prepare(
        `INSERT INTO licenzy_events (id, sequence, older_than)
         VALUES (?1, ?2, (SELECT sequence FROM licenzy_streams WHERE stream = ?3))`,
      )
      .bind(id, sequence, stream);
    if (stream === null || sequence === null) return [event];
    const newest = this.db
      .prepare(
        `INSERT INTO licenzy_streams (stream, sequence) VALUES (?1, ?2)
         ON CONFLICT (stream) DO UPDATE SET sequence = excluded.sequence`,
      )
      .bind(stream, sequence);
    return [event, newest];
  }

  private async find({ id, stream, sequence }: EventPlace): Promise<Outcome | null> {
    const row = await this.db
      .prepare(
        `SELECT EXISTS (SELECT 1 FROM licenzy_events WHERE id = ?1) AS isKnown,
           (SELECT sequence FROM licenzy_streams WHERE stream = ?2) AS newest`,
      )
      .bind(id, stream)
      .first<{ isKnown: 0 | 1; newest: number | null }>();
    if (row === null) return null;
    if (row.isKnown === 1) return "duplicate";
    return sequence !== null && row.newest !== null && sequence < row.newest ? "outdated" : null;
  }
}
