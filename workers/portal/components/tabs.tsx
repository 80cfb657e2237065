/** One tab: a link to what it shows. `count` is shown next to the label, such as `3` or `100+`. */
export interface Tab {
  label: string;
  href: string;
  isCurrent: boolean;
  count?: string | undefined;
}

/** Links to the parts of a page, of which the server renders one. `label` names the group to screen readers. */
export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ label: text, href, isCurrent, count }) => (
        <a href={href} aria-current={isCurrent ? "page" : undefined}>
          {text}
          {count === undefined ? null : (
            <>
              {" "}
              <span class="count">{count}</span>
            </>
          )}
        </a>
      ))}
    </nav>
  );
}
