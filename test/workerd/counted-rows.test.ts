import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { countedFlush, countedRows } from "../../dev/estimate/counted-rows.ts";
import type { Subject } from "../../workers/runtime/subject/subject.ts";
import { rowsTouched } from "./rows-touched.ts";
import { buildConsume, buildPack, buildPurchase, newSubject } from "./subjects.ts";

/** The rows behind `npm run estimate`. */

it("a check and a consume touch as many rows as the estimate of the price says", async () => {
  const { identity, stub } = newSubject();
  await stub.applyStripe(identity, buildPurchase("counted", buildPack(1_000), Date.now()));
  for (const key of ["a", "b"]) await stub.consume(identity, buildConsume(1, key));
  expect({
    check: await rowsTouched(stub, (subject) => subject.check()),
    consume: await rowsTouched(stub, (subject) => subject.consume(identity, buildConsume(1, "c"))),
  }).toEqual(countedRows);
});

it("a flush of consumes touches as many rows of D1 as the estimate of the price says", async () => {
  const { identity, stub } = newSubject();
  await stub.applyStripe(identity, buildPurchase("flushed", buildPack(1_000), Date.now()));
  await stub.consume(identity, buildConsume(1, "first"));
  await stub.wake();
  for (const key of ["a", "b", "c"]) await stub.consume(identity, buildConsume(1, key));
  const flush = await runInDurableObject(stub, async (subject: Subject) => {
    const { outbox } = subject as unknown as { outbox: { env: { DB: D1Database } } };
    const rows = { read: 0, written: 0 };
    const count = ({ meta }: D1Result) => {
      rows.read += meta.rows_read;
      rows.written += meta.rows_written;
    };
    const counting = new Proxy(outbox.env.DB, {
      get(target, name) {
        if (name !== "batch") return Reflect.get(target, name).bind(target);
        return async (statements: D1PreparedStatement[]) => {
          const results = await target.batch(statements);
          for (const result of results) count(result);
          return results;
        };
      },
    });
    const uncounted = outbox.env;
    outbox.env = Object.create(uncounted, { DB: { value: counting } });
    await subject.wake();
    outbox.env = uncounted;
    return rows;
  });
  expect(flush).toEqual(countedFlush);
});
