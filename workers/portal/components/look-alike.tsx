import { Pill } from "./parts.tsx";

/** Scripts with letters that look like those of another one of these. */
const confusableScripts = {
  Latin: /\p{Script=Latin}/u,
  Cyrillic: /\p{Script=Cyrillic}/u,
  Greek: /\p{Script=Greek}/u,
  Armenian: /\p{Script=Armenian}/u,
  Cherokee: /\p{Script=Cherokee}/u,
  Coptic: /\p{Script=Coptic}/u,
};

/**
 * Returns why a `subject_ref` can be taken for another one; empty for most. Such a name is valid, because backends choose
 * their own names, but an operator who acts on what the screen shows has to know.
 */
export function findLookAlikes(subjectRef: string): string[] {
  const scripts = Object.entries(confusableScripts).flatMap(([name, letters]) =>
    letters.test(subjectRef) ? [name] : [],
  );
  const isComposed = subjectRef === subjectRef.normalize("NFC");
  return [
    ...(/[\p{Default_Ignorable_Code_Point}\p{Cf}]/u.test(subjectRef) ? ["has invisible characters"] : []),
    ...(/(?! )\p{Zs}/u.test(subjectRef) ? ["has unusual spaces"] : []),
    ...(scripts.length > 1 ? [`mixes ${scripts.join(" and ")} letters`] : []),
    ...(isComposed ? [] : ["writes accents as separate characters"]),
    ...(isComposed && subjectRef !== subjectRef.normalize("NFKC") ? ["has letters in a special form"] : []),
  ];
}

/** Marks a `subject_ref` that can be taken for another one. */
export function LookAlikeMark({ subjectRef }: { subjectRef: string }) {
  const reasons = findLookAlikes(subjectRef);
  if (reasons.length === 0) return null;
  return (
    <span class="look-alike">
      {" "}
      <Pill tone="warn">Look-alike: {reasons.join(", ")}</Pill>
    </span>
  );
}
