import type { SubjectFinding } from "../../../shared/db/subject-jobs.ts";
import { findingLabels } from "./labels/data-check.ts";
import { Card } from "./parts.tsx";

const locations = Object.keys(findingLabels) as SubjectFinding["where"][];

/** Explains the findings and how to repair them. Covers only the locations that have findings. */
export function FindingExplanations({
  found,
  note,
}: {
  found: Pick<SubjectFinding, "where">[];
  note?: string;
}) {
  const affected = locations.filter((location) => found.some(({ where }) => where === location));
  return (
    <Card title="What it means" note={note} pad>
      <dl class="facts">
        {affected.map((location) => (
          <>
            <dt>{findingLabels[location].label}</dt>
            <dd>{findingLabels[location].meaning}</dd>
          </>
        ))}
      </dl>
    </Card>
  );
}
