import type { Finding } from "../../../shared/db/subject-jobs.ts";
import { findingWords } from "./data-check-words.ts";
import { Card } from "./parts.tsx";

const locations = Object.keys(findingWords) as Finding["where"][];

/** Explains the findings and how to repair them. Covers only the locations that have findings. */
export function Meanings({ found, note }: { found: Pick<Finding, "where">[]; note?: string }) {
  const affected = locations.filter((location) => found.some(({ where }) => where === location));
  return (
    <Card title="What it means" note={note} pad>
      <dl class="facts">
        {affected.map((location) => (
          <>
            <dt>{findingWords[location].label}</dt>
            <dd>{findingWords[location].meaning}</dd>
          </>
        ))}
      </dl>
    </Card>
  );
}
