import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import go from "highlight.js/lib/languages/go";
import http from "highlight.js/lib/languages/http";
import java from "highlight.js/lib/languages/java";
import json from "highlight.js/lib/languages/json";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import typescript from "highlight.js/lib/languages/typescript";
import MarkdownIt, { type Token } from "markdown-it";
import { readFence } from "./samples.ts";
import { escapeHtml, slugify } from "./text.ts";

/** A heading of a page, as its table of contents and the search show it. */
export interface Heading {
  level: number;
  id: string;
  text: string;
}

/** The text between two headings. `id` is empty for what comes before the second heading. */
export interface Section {
  id: string;
  heading: string;
  text: string;
}

export interface RenderedPage {
  html: string;
  title: string;
  headings: Heading[];
  sections: Section[];
}

const languages = { bash, go, http, java, json, php, python, ruby, typescript };
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);
hljs.registerAliases(["ts"], { languageName: "typescript" });
hljs.registerAliases(["sh"], { languageName: "bash" });

const callout = /^\[!(NOTE|TIP|WARNING)\]$/;
const calloutTitles: Record<string, string> = { NOTE: "Note", TIP: "Tip", WARNING: "Important" };
const explicitId = /\s*\{#([\w.:-]+)\}$/;

/**
 * Renders GitHub-flavored Markdown. Colors are classes, because the content security policy allows no style attribute.
 * Throws when two headings of a page have one anchor.
 */
export function renderMarkdown(source: string): RenderedPage {
  const markdown = new MarkdownIt({ html: false, linkify: false });
  markdown.core.ruler.push("callouts", ({ tokens }) => markCallouts(tokens));
  markdown.renderer.rules["table_open"] = () =>
    '<div class="table" role="group" tabindex="0" aria-label="Table"><table>\n';
  markdown.renderer.rules["table_close"] = () => "</table></div>\n";
  markdown.renderer.rules["th_open"] = () => '<th scope="col">';
  markdown.renderer.rules["fence"] = (tokens, index) => renderFence(tokens, index);
  markdown.renderer.rules["image"] = (tokens, index) => renderImage(tokens[index]);
  const tokens = markdown.parse(source, {});
  const { title, headings, sections } = readStructure(tokens);
  return { html: markdown.renderer.render(tokens, markdown.options, {}), title, headings, sections };
}

/** Makes `> [!NOTE]` a callout, as GitHub does. */
function markCallouts(tokens: Token[]): void {
  for (const [index, token] of tokens.entries()) {
    const inline = tokens[index + 2];
    const [first] = inline?.children ?? [];
    const [, kind = ""] = callout.exec(first?.content ?? "") ?? [];
    if (token.type !== "blockquote_open" || inline?.type !== "inline" || kind === "") continue;
    token.attrSet("class", `callout ${kind.toLowerCase()}`);
    const label = new (token.constructor as typeof Token)("html_inline", "", 0);
    label.content = `<strong class="callout-title">${calloutTitles[kind]}</strong>`;
    inline.children?.splice(0, 2, label);
  }
}

/** Gives headings their ids and links, and collects what search and table of contents need. */
function readStructure(tokens: Token[]): Pick<RenderedPage, "title" | "headings" | "sections"> {
  const headings: Heading[] = [];
  const sections: Section[] = [{ id: "", heading: "", text: "" }];
  let title = "";
  for (const [index, token] of tokens.entries()) {
    const inline = tokens[index + 1];
    if (token.type === "heading_open" && inline !== undefined) {
      const id = takeId(inline);
      const text = textOf(inline);
      if (token.tag === "h1") {
        title = text;
        continue;
      }
      const heading = { level: Number(token.tag.slice(1)), id: id ?? slugify(text), text };
      if (headings.some((known) => known.id === heading.id))
        throw new Error(`Two headings have #${heading.id}`);
      headings.push(heading);
      sections.push({ id: heading.id, heading: text, text: "" });
      token.attrSet("id", heading.id);
      addAnchor(inline, heading);
    } else if (token.type === "inline" && tokens[index - 1]?.type !== "heading_open") {
      const section = sections.at(-1);
      if (section !== undefined) section.text += `${textOf(token)} `;
    }
  }
  return { title, headings, sections };
}

function takeId(inline: Token): string | undefined {
  const last = inline.children?.at(-1);
  const [matched, id] = explicitId.exec(last?.content ?? "") ?? [];
  if (last !== undefined && matched !== undefined) last.content = last.content.slice(0, -matched.length);
  return id;
}

function addAnchor(inline: Token, { id, text }: Heading): void {
  const anchor = new (inline.constructor as typeof Token)("html_inline", "", 0);
  anchor.content = `<a class="anchor" href="#${id}" aria-label="Link to “${escapeHtml(text)}”">#</a>`;
  inline.children?.push(anchor);
}

function textOf(inline: Token): string {
  const pieces = (inline.children ?? []).map(({ type, content }) =>
    type === "softbreak" ? " " : type === "html_inline" ? "" : content,
  );
  return pieces.join("").trim();
}

/** Consecutive fences with `tab="…"` become one group. Without scripts all of them show, each with its label. */
function renderFence(tokens: Token[], index: number): string {
  const token = tokens[index];
  if (token === undefined) return "";
  const { language, tab } = readFence(token.info);
  const isTab = (one: Token | undefined) => one?.type === "fence" && readFence(one.info).tab !== undefined;
  const code = hljs.getLanguage(language)
    ? hljs.highlight(token.content.trimEnd(), { language }).value
    : escapeHtml(token.content.trimEnd());
  const label = tab === undefined ? "" : `<figcaption>${escapeHtml(tab)}</figcaption>`;
  const figure = `<figure class="code">${label}<pre tabindex="0"><code class="hljs">${code}</code></pre></figure>`;
  if (tab === undefined) return `${figure}\n`;
  const begin = isTab(tokens[index - 1]) ? "" : '<div class="tabs">';
  const end = isTab(tokens[index + 1]) ? "" : "</div>";
  return `${begin}<div class="panel" data-tab="${escapeHtml(tab)}">${figure}</div>${end}\n`;
}

function renderImage(token: Token | undefined): string {
  const source = String(token?.attrGet("src") ?? "");
  return `<img src="${escapeHtml(source)}" alt="${escapeHtml(token?.content ?? "")}" loading="lazy">`;
}
