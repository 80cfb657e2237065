import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import { readOpenApiDocument } from "../../scripts/sdk/read-openapi-document.ts";
import { type Assets, renderDocument } from "./layout.tsx";
import { toLlmsFull, toLlmsList, toTwin } from "./llms.ts";
import { renderMarkdown } from "./markdown.ts";
import { fullNavigation, type Page, readPages, siteFolder } from "./pages.ts";
import { buildSearchIndex } from "./search-index.ts";
import { hashSiteSources } from "./source-hash.ts";

/** What the portal serves as static assets. Begins with a dot because it is generated. */
export const builtFolder = join(siteFolder, ".built");
const hashFile = join(builtFolder, "..", ".built-hash");
const pictures = join(siteFolder, "../docs/screenshots");

/**
 * Builds the site into `docs-site/.built`, unless its sources are those of the last build. Changed files replace theirs one
 * by one, because stacks that run have the folder open, and test files build at the same time.
 */
export async function buildDocsSite(): Promise<{ hash: string; built: boolean }> {
  const hash = await hashSiteSources();
  // The folder may be gone, for example in a copy of the checkout.
  if (existsSync(builtFolder) && (await readFile(hashFile, "utf8").catch(() => "")) === hash)
    return { hash, built: false };
  const temporary = join(siteFolder, `.building-${randomUUID()}`);
  try {
    await writeSite(join(temporary, "docs"));
    await publish(temporary);
    await writeFile(hashFile, hash);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return { hash, built: true };
}

/** Moves what differs from `folder` to the built site, and removes what the site no longer has. */
async function publish(folder: string): Promise<void> {
  const files = await listFiles(folder);
  for (const file of files) {
    const [from, to] = [join(folder, file), join(builtFolder, file)];
    const [content, known] = await Promise.all([readFile(from), readFile(to).catch(() => undefined)]);
    if (known?.equals(content)) continue;
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
  }
  const current = new Set(files);
  const former = (await listFiles(builtFolder)).filter((file) => !current.has(file));
  await Promise.all(former.map((file) => rm(join(builtFolder, file), { force: true })));
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Writes every file of the site into `folder`. */
export async function writeSite(folder: string): Promise<void> {
  const document = await readOpenApiDocument();
  const pages = await readPages(document);
  const navigation = fullNavigation(document);
  const assets = await writeAssets(folder, pages);
  await Promise.all([
    ...pages.map(async (page) => {
      await write(
        join(folder, `${page.slug}.html`),
        await renderDocument({ page, pages, navigation, assets }),
      );
      await write(join(folder, `${page.slug}.md`), toTwin(page));
    }),
    write(
      join(folder, "404.html"),
      await renderDocument({ page: { slug: "404", ...renderMarkdown(notFound) }, pages, navigation, assets }),
    ),
    write(join(folder, "llms.txt"), toLlmsList(navigation, pages)),
    write(join(folder, "llms-full.txt"), toLlmsFull(pages)),
    copyPictures(folder, pages),
  ]);
}

const notFound = `# Page not found

This address has no page. Search above, or start at [What Licenzy is](/docs/).`;

async function write(path: string, text: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function writeAssets(folder: string, pages: Page[]): Promise<Assets> {
  const theme = join(siteFolder, "theme");
  const font = await readFile(
    createRequire(import.meta.url).resolve("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"),
  );
  const writeHashed = async (name: string, content: string | Uint8Array): Promise<string> => {
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
    const file = name.replace(/\.(\w+)$/, `.${hash}.$1`);
    await write(join(folder, "assets", file), content);
    return `/docs/assets/${file}`;
  };
  const fontAddress = await writeHashed("inter.woff2", font);
  const styles = (await readdir(theme)).filter((name) => name.endsWith(".css")).toSorted();
  const css = await Promise.all(styles.map((name) => readFile(join(theme, name), "utf8")));
  return {
    font: fontAddress,
    css: await writeHashed("site.css", css.join("\n").replaceAll("FONT_ADDRESS", fontAddress)),
    script: await writeHashed("site.js", await bundle(join(theme, "main.ts"), "esm")),
    boot: await writeHashed("boot.js", await bundle(join(theme, "boot.ts"), "iife")),
    search: await writeHashed("search.json", buildSearchIndex(pages)),
  };
}

async function bundle(entry: string, format: "esm" | "iife"): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format,
    target: "es2022",
    legalComments: "none",
  });
  return outputFiles[0]?.text ?? "";
}

/** Copies the screenshots that pages show. */
async function copyPictures(folder: string, pages: Page[]): Promise<void> {
  const names = pages.flatMap(({ markdown }) =>
    [...markdown.matchAll(/\(\/docs\/images\/([\w-]+\.png)\)/g)].map(([, name = ""]) => name),
  );
  await mkdir(join(folder, "images"), { recursive: true });
  await Promise.all(
    [...new Set(names)].map((name) => cp(join(pictures, name), join(folder, "images", name))),
  );
}
