import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entitlementStatuses } from "../../shared/contract/enums.ts";
import { subjectName } from "../../shared/domain/subject-name.ts";
import { decodeDecisionId } from "../../shared/kit/decision-id.ts";
import { CustomerScenes } from "./customer-scenes.ts";
import { newReceiver, type ScriptedReceiver, WebhookOperations } from "./receiver.ts";
import { operatorScenes, purchaseScenes } from "./state-matrix-purchases.ts";
import { subscriptionScenes } from "./state-matrix-subscriptions.ts";
import { readAccess } from "./stripe-world.ts";

/**
 * Plays each row of the documentation's state matrix against the stack: what the row says of entitlement, check and events
 * is what happens.
 */

const page = resolve(import.meta.dirname, "../../docs-site/pages/state-matrix.md");

/** By heading, as on the page. */
const matrix = {
  "One-time purchases": purchaseScenes,
  Subscriptions: subscriptionScenes,
  Operators: operatorScenes,
};

interface Row {
  heading: string;
  trigger: string;
  entitlement: string;
  check: string;
  event: string;
}

async function readRows(): Promise<Row[]> {
  const sections = (await readFile(page, "utf8")).split(/^## /m).slice(1);
  return sections.flatMap((section) => {
    const [heading = "", ...lines] = section.split("\n");
    const rows = lines.filter((line) => line.startsWith("| ")).slice(2);
    return rows.map((line) => {
      const [trigger = "", entitlement = "", check = "", event = ""] = line
        .split("|")
        .slice(1)
        .map((cell) => cell.trim());
      return { heading, trigger, entitlement, check, event };
    });
  });
}

const statusNames: readonly string[] = entitlementStatuses;
const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? "");

describe("the state matrix of the documentation", () => {
  let scenes: CustomerScenes;
  let receiver: ScriptedReceiver;
  let rows: Row[];

  beforeAll(async () => {
    rows = await readRows();
    scenes = await CustomerScenes.inNewWorld();
    // Usage events exist only where an endpoint subscribes to them.
    receiver = await newReceiver();
    await WebhookOperations.forWorld(scenes.world).create(receiver.url, ["usage.consumed"]);
  });
  afterAll(() => receiver.close());

  interface ListedEvent {
    type: string;
    data: { subject_ref: string; reason: string; sequence: number };
  }

  /**
   * Returns the types of the customer's events after `sequence`. Events of a customer are written in order, so all of
   * them are there once that of a later grant is.
   */
  async function listEvents(ref: string, sequence: number): Promise<ListedEvent[]> {
    await scenes.grants(ref, "CREDITS_1000", 777);
    const list = async () => {
      const { body } = await scenes.world.api.get<{ events: ListedEvent[] }>("/v1/events?limit=100");
      return body.events.filter(({ data }) => data.subject_ref === ref && data.sequence > sequence);
    };
    const isMarker = ({ data }: ListedEvent) => data.reason === "manual_grant" && data.sequence === last;
    const last = await lastSequence(ref);
    await expect.poll(async () => (await list()).some(isMarker)).toBe(true);
    return (await list()).filter((event) => !isMarker(event));
  }

  async function lastSequence(ref: string): Promise<number> {
    const { headers } = await scenes.world.api.check(ref);
    const { projectId } = scenes.world;
    const name = subjectName({ projectId, mode: "test", subjectRef: ref });
    return decodeDecisionId(name, headers.get("Licenzy-Decision") ?? "")?.sequence ?? Number.NaN;
  }

  it("has a scene for exactly the rows of the page", () => {
    const played = Object.entries(matrix).flatMap(([heading, all]) =>
      Object.keys(all).map((trigger) => `${heading}: ${trigger}`),
    );
    expect(played).toEqual(rows.map(({ heading, trigger }) => `${heading}: ${trigger}`));
  });

  const cases = Object.entries(matrix).flatMap(([heading, all]) =>
    Object.entries(all).map(([trigger, scene]) => ({ heading, trigger, scene })),
  );

  it.each(cases)("$heading: $trigger", async ({ heading, trigger, scene }) => {
    const ref = `user_${randomBytes(6).toString("hex")}`;
    const known = (await scene.before?.(scenes, ref)) ?? "";
    const before = await lastSequence(ref);
    await scene.trigger(scenes, ref, known);
    await scenes.settle();

    expect(await scenes.answer(ref)).toBe(scene.check);
    const { entitlements } = await readAccess(scenes.world, ref);
    const statuses = entitlements.map(({ status }) => status);
    if (scene.status === "none") expect(statuses).toEqual([]);
    else expect(statuses).toContain(scene.status);
    if (scene.alone !== undefined)
      expect(entitlements.map((each) => each["unavailable_reason"])).toContain(scene.alone);
    const events = await listEvents(ref, before);
    expect([...new Set(events.map(({ type }) => type))].toSorted()).toEqual(scene.events.toSorted());

    const row = rows.find((each) => each.heading === heading && each.trigger === trigger);
    expect(quoted(row?.event ?? "").filter((text) => text.includes("."))).toEqual(
      expect.arrayContaining(scene.events),
    );
    const says = row?.check ?? "";
    if (scene.check === "allowed") expect(says).toMatch(/allowed|unchanged|as before|by what/);
    else if (scene.check !== "no_entitlement") expect(says).toMatch(new RegExp(`\`${scene.check}\`|by what`));
    const named = quoted(row?.entitlement ?? "").filter((text) => statusNames.includes(text));
    if (named.length > 0 && scene.status !== "none") expect(named).toContain(scene.status);
  });
});
