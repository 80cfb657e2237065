import { html, raw } from "hono/html";
import type { FC } from "hono/jsx";
import type { NavigationGroup } from "../navigation.ts";
import type { Heading } from "./markdown.ts";
import type { Page } from "./pages.ts";

/** The addresses of the theme's files, each with a hash of its content. */
export interface Assets {
  css: string;
  script: string;
  boot: string;
  font: string;
  search: string;
}

export interface LayoutInput {
  page: Pick<Page, "slug" | "title" | "html" | "headings" | "sections">;
  pages: Pick<Page, "slug" | "label">[];
  navigation: NavigationGroup[];
  assets: Assets;
}

export const addressOf = (slug: string): string => (slug === "index" ? "/docs/" : `/docs/${slug}`);

/** The whole HTML document of a page. It can be read without its scripts. */
export async function renderDocument(input: LayoutInput): Promise<string> {
  return String(await html`<!doctype html>${<Document {...input} />}`);
}

const Document: FC<LayoutInput> = ({ page, pages, navigation, assets }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{page.slug === "index" ? "Licenzy documentation" : `${page.title} · Licenzy docs`}</title>
      <meta name="description" content={describe(page)} />
      <link rel="icon" href="/favicon.svg" />
      <link rel="preload" href={assets.font} as="font" type="font/woff2" crossorigin="" />
      <link rel="stylesheet" href={assets.css} />
      {page.slug === "404" ? null : (
        <link
          rel="alternate"
          type="text/markdown"
          href={markdownAddress(page.slug)}
          title="This page as Markdown"
        />
      )}
      <script src={assets.boot} />
      <script src={assets.script} type="module" />
    </head>
    <body data-search={assets.search}>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <Header />
      <div class="columns">
        <aside class="sidebar">
          <Sidebar navigation={navigation} current={page.slug} />
        </aside>
        <main id="content" tabindex={-1}>
          <MenuOnPhone navigation={navigation} current={page.slug} />
          <article>{raw(page.html)}</article>
          {page.slug === "404" ? null : <Footer slug={page.slug} pages={pages} />}
        </main>
        <Contents headings={page.headings} />
      </div>
      <SearchDialog />
    </body>
  </html>
);

const Header: FC = () => (
  <header class="top">
    <a class="brand" href="/docs/">
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <rect width="20" height="20" rx="5" />
        <path d="M6 5v10h8" />
      </svg>
      Licenzy <span>Docs</span>
    </a>
    <button type="button" class="open-search" data-open-search hidden aria-haspopup="dialog">
      <span>Search</span>
      <kbd>Ctrl K</kbd>
    </button>
    <nav class="links" aria-label="Site">
      <a class="wide" href="/docs/quickstart">
        Quickstart
      </a>
      <a class="wide" href="/docs/api">
        API
      </a>
      <a href="/">Portal</a>
    </nav>
    <button type="button" class="theme" data-switch-theme hidden aria-label="Switch between light and dark">
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path d="M10 3a7 7 0 1 0 0 14z" />
        <circle cx="10" cy="10" r="7" />
      </svg>
    </button>
  </header>
);

const Sidebar: FC<{ navigation: NavigationGroup[]; current: string }> = ({ navigation, current }) => (
  <nav aria-label="Pages">
    {navigation.map(({ title, pages }) => (
      <section>
        <h2>{title}</h2>
        <ul>
          {pages.map(({ slug, label }) => (
            <li class={slug.includes("/") ? "nested" : undefined}>
              <a href={addressOf(slug)} aria-current={slug === current ? "page" : undefined}>
                {label}
              </a>
            </li>
          ))}
        </ul>
      </section>
    ))}
  </nav>
);

/** `details` opens without a script. */
const MenuOnPhone: FC<{ navigation: NavigationGroup[]; current: string }> = ({ navigation, current }) => {
  const group = navigation.find(({ pages }) => pages.some(({ slug }) => slug === current));
  const label = group?.pages.find(({ slug }) => slug === current)?.label;
  return (
    <details class="menu">
      <summary>
        <span>{group === undefined ? "All pages" : `${group.title} / ${label}`}</span>
      </summary>
      <nav aria-label="All pages">
        {navigation.map(({ title, pages }) => (
          <section>
            <p class="group">{title}</p>
            <ul>
              {pages.map(({ slug, label: name }) => (
                <li>
                  <a href={addressOf(slug)} aria-current={slug === current ? "page" : undefined}>
                    {name}
                  </a>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </nav>
    </details>
  );
};

/** Long catalogs list their groups only. */
const Contents: FC<{ headings: Heading[] }> = ({ headings }) => {
  const deepest = headings.length > 24 && headings.filter(({ level }) => level === 2).length > 2 ? 2 : 3;
  const shown = headings.filter(({ level }) => level <= deepest);
  if (shown.length < 2) return <div class="contents" />;
  return (
    <nav class="contents" aria-label="On this page">
      <p>On this page</p>
      <ul>
        {shown.map(({ level, id, text }) => (
          <li class={level === 3 ? "nested" : undefined}>
            <a href={`#${id}`}>{text}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
};

const Footer: FC<{ slug: string; pages: Pick<Page, "slug" | "label">[] }> = ({ slug, pages }) => {
  const index = pages.findIndex((page) => page.slug === slug);
  const previous = pages[index - 1];
  const next = pages[index + 1];
  return (
    <footer>
      <nav class="neighbors" aria-label="Previous and next page">
        {previous === undefined ? (
          <span />
        ) : (
          <a href={addressOf(previous.slug)} rel="prev">
            <small>Previous</small>
            {previous.label}
          </a>
        )}
        {next === undefined ? null : (
          <a class="next" href={addressOf(next.slug)} rel="next">
            <small>Next</small>
            {next.label}
          </a>
        )}
      </nav>
      <p class="colophon">
        <a href={markdownAddress(slug)}>This page as Markdown</a> · <a href="/docs/llms.txt">llms.txt</a> ·{" "}
        <a href="/v1/openapi.json">OpenAPI</a>
      </p>
    </footer>
  );
};

const SearchDialog: FC = () => (
  <dialog class="search" aria-label="Search the documentation">
    <input
      type="search"
      placeholder="Search the documentation"
      aria-label="Search"
      role="combobox"
      aria-expanded="false"
      aria-controls="search-results"
      aria-autocomplete="list"
      autocomplete="off"
      spellcheck={false}
    />
    <div id="search-results" role="listbox" aria-label="Results" />
    <p class="hint" role="status" />
  </dialog>
);

const markdownAddress = (slug: string) => `/docs/${slug}.md`;

function describe({ sections }: LayoutInput["page"]): string {
  const text = sections.find((section) => section.text.trim() !== "")?.text.trim() ?? "";
  return text.length <= 155 ? text : `${text.slice(0, 152).replace(/\s\S*$/, "")}…`;
}
