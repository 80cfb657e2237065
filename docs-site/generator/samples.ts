/** What the line after ``` says: the language, and the attributes of this site. */
export interface Fence {
  language: string;
  /** The name by which a test finds and runs the sample. */
  sample: string | undefined;
  /** The label in a group of alternatives. */
  tab: string | undefined;
}

export interface Sample extends Fence {
  /** The slug of the page. */
  page: string;
  code: string;
}

/** Languages that are code. The others are data and output: `json`, `http`, `text`. */
const executable = new Set(["ts", "bash", "python", "go", "php", "ruby", "java"]);

export function readFence(info: string): Fence {
  const attribute = (name: string) =>
    new RegExp(`\\b${name}=(?:"([^"]*)"|(\\S+))`).exec(info)?.slice(1).find(Boolean);
  return { language: /^\S*/.exec(info)?.[0] ?? "", sample: attribute("sample"), tab: attribute("tab") };
}

/** Returns every block of code of a page. */
export function findSamples(page: string, markdown: string): Sample[] {
  return [...markdown.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)]
    .map(([, info = "", code = ""]) => ({ ...readFence(info), page, code }))
    .filter(({ language }) => executable.has(language));
}

/** The block as other readers of Markdown understand it: a label, and the language alone. */
export function withoutAttributes(markdown: string): string {
  return markdown.replace(/^```(\w+ .+)$/gm, (_, info: string) => {
    const { language, tab } = readFence(info);
    return `${tab === undefined ? "" : `**${tab}**\n\n`}\`\`\`${language}`;
  });
}
