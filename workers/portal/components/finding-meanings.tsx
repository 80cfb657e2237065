import type { Finding } from "../../../shared/db/subject-jobs.ts";
import { findingWords } from "./data-check-words.ts";
import { Card } from "./parts.tsx";

const places = Object.keys(findingWords) as Finding["where"][];

/** What a fault in each place means, and what mends it; only of the places where something was found. */
export function Meanings({ found, note }: { found: Pick<Finding, "where">[]; note?: string }) {
  const touched = places.filter((place) => found.some(({ where }) => where === place));
  return (
    <Card title="What it means" note={note} pad>
      <dl class="facts">
        {touched.map((place) => (
          <>
            <dt>{findingWords[place].label}</dt>
            <dd>{findingWords[place].meaning}</dd>
          </>
        ))}
      </dl>
    </Card>
  );
}
