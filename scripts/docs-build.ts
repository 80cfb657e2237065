/** `npm run docs:build`: builds the documentation site into `docs-site/.built/`, from which the portal serves it. */
import { buildDocsSite } from "../docs-site/generator/build.ts";

const { built } = await buildDocsSite();
console.log(built ? "docs-site/.built" : "docs-site/.built is up to date");
