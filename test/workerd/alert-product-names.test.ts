import { expect, it } from "vitest";
import { evaluateScope } from "../../workers/deliveries/alerts/evaluate.ts";
import { type AlertScope, insertChannel, insertEntitlement, newAlertScope, run } from "./alert-scenes.ts";
import { databases } from "./databases.ts";
import { now } from "./endpoints.ts";
import { env } from "./subjects.ts";

/** Products are in the control database, and alerts in the project's data database. */

const { DB, DEV } = env;

async function evaluate(scope: AlertScope) {
  await DEV.advance(60_000);
  const at = await now();
  await evaluateScope(databases, { ...scope, projectName: "p" }, { now: at, before: at - 30_000 });
}

const nameProduct = ({ projectId, mode }: AlertScope, name: string) =>
  run(
    `INSERT INTO products (project_id, mode, product_code, name, kind, stripe_price_id, created_at, updated_at)
     VALUES (?, ?, 'PRO', ?, 'subscription', 'price_1', 1, 1)
     ON CONFLICT DO UPDATE SET name = excluded.name`,
    projectId,
    mode,
    name,
  );

async function listCauses({ projectId }: AlertScope): Promise<string[]> {
  const { results } = await DB.prepare("SELECT cause FROM alerts WHERE project_id = ? ORDER BY cause")
    .bind(projectId)
    .all<{ cause: string }>();
  return results.map(({ cause }) => cause);
}

it("an alert names the product and follows its new name; a product without a row has its code", async () => {
  const scope = await newAlertScope();
  await insertEntitlement(scope, { status: "past_due" });
  await evaluate(scope);
  expect(await listCauses(scope)).toEqual(["A payment for PRO is past due."]);
  for (const name of ["Pro, monthly", "Pro, each month"]) {
    await nameProduct(scope, name);
    await evaluate(scope);
    expect(await listCauses(scope)).toEqual([`A payment for ${name} is past due.`]);
  }
});

it("every rule about a product names it, and a name with a line break adds no line", async () => {
  const scope = await newAlertScope();
  await nameProduct(scope, "Pro\nInbox: https://evil.example");
  const flags = ["unknown_price", "paid_after_end", "parallel_subscription"];
  await insertEntitlement(scope, { status: "past_due", flags });
  await evaluate(scope);
  const causes = await listCauses(scope);
  expect(causes).toHaveLength(4);
  for (const cause of causes) expect(cause).toMatch(/Pro Inbox: https:\/\/evil\.example/);
});

it("the messages of an alert have the name of the product", async () => {
  const scope = await newAlertScope();
  await nameProduct(scope, "Pro, monthly");
  await insertChannel(scope);
  await insertEntitlement(scope, { flags: ["unknown_price"] });
  await evaluate(scope);
  const { results } = await DB.prepare("SELECT content FROM alert_messages WHERE project_id = ?")
    .bind(scope.projectId)
    .all<{ content: string }>();
  expect(results.map(({ content }) => (JSON.parse(content) as { cause: string }).cause)).toEqual([
    "A price of the subscription belongs to no product. It keeps the product Pro, monthly.",
  ]);
});
