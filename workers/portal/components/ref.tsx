/**
 * A `subject_ref` as its backend wrote it: in its own direction, on one line, and cut where it is too long or too high.
 * `whole` shows every character, on as many lines as it takes.
 */
export function Ref({ value, whole = false }: { value: string; whole?: boolean }) {
  return (
    <bdi class={whole ? "ref whole" : "ref"} title={whole ? undefined : value}>
      {value}
    </bdi>
  );
}
