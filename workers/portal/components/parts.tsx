import type { Child } from "hono/jsx";
import { Icon } from "./icon.tsx";

export function PageHead({
  title,
  lead,
  children,
  mono,
}: {
  title: Child;
  lead?: Child;
  children?: Child;
  mono?: boolean;
}) {
  return (
    <header class="page-head">
      <div>
        <h1 class={mono ? "mono" : undefined}>{title}</h1>
        {lead === undefined ? null : <p class="quiet">{lead}</p>}
      </div>
      {children === undefined ? null : <div class="row">{children}</div>}
    </header>
  );
}

export function Card({
  title,
  note,
  children,
  pad = false,
  id,
}: {
  title?: Child;
  note?: Child;
  children?: Child;
  pad?: boolean;
  id?: string;
}) {
  return (
    <section class="card" id={id}>
      {title === undefined ? null : (
        <header>
          <h2>{title}</h2>
          {note === undefined ? null : <span class="quiet">{note}</span>}
        </header>
      )}
      {pad ? <div class="pad">{children}</div> : children}
    </section>
  );
}

/** Shown in place of an empty list: what will be listed, and how to add the first entry. */
export function Empty({ title, children }: { title: string; children?: Child }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Names with their values, in the layout of `class`. */
export function Definitions({
  class: className,
  items,
}: {
  class: "glance" | "pairs" | "system";
  items: readonly (readonly [name: string, value: Child])[];
}) {
  return (
    <dl class={className}>
      {items.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd class="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export type Tone = "good" | "warn" | "bad" | "";

export function Pill({ tone = "", children }: { tone?: Tone; children?: Child }) {
  return <span class={tone === "" ? "pill" : `pill ${tone}`}>{children}</span>;
}

/** An id. Complete for screen readers and copying; shortened in the middle on screen. */
export function Id({ value, href }: { value: string; href?: string }) {
  const short = value.length > 20 ? `${value.slice(0, 9)}…${value.slice(-5)}` : value;
  const text = (
    <code title={value} aria-label={value} role="img">
      {short}
    </code>
  );
  return (
    <span class="id">
      {href === undefined ? text : <a href={href}>{text}</a>}
      <CopyButton value={value} />
    </span>
  );
}

/**
 * Copies `value`. Visible only with scripts; without them, the text can be selected. An icon, or the words of `label`.
 * `name` replaces a long value in the accessible name.
 */
export function CopyButton({ value, label, name = value }: { value: string; label?: string; name?: string }) {
  return (
    <button
      class={label === undefined ? "copy" : "button small copy-labeled"}
      type="button"
      data-copy={value}
      data-needs-script
      hidden
      aria-label={`${label ?? "Copy"} ${name}`}
      title={label === undefined ? "Copy" : undefined}
    >
      <Icon name="copy" />
      <Icon name="check" />
      <Icon name="x" />
      {label}
    </button>
  );
}

/** Links to the next page of a list. `href` keeps the list's filters. */
export function NextPage({ href, shown }: { href: string | null; shown: number }) {
  if (href === null) return null;
  return (
    <p class="pages">
      <span class="quiet">{shown} shown</span>
      <a class="button small" href={href} rel="next">
        Next page
      </a>
    </p>
  );
}
