/** A URL that breaks between its parts only, and is cut where a part is too long. */
export function Url({ value }: { value: string }) {
  const parts = value.split(/(?<=[^/][/?&=])(?!\/)/);
  return (
    <span class="url" title={value}>
      {parts.map((part, index) => (
        <>
          {index === 0 ? null : <wbr />}
          {part}
        </>
      ))}
    </span>
  );
}
