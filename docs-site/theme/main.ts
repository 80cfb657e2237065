import { followHeadings } from "./contents.ts";
import { addCopyButtons } from "./copy.ts";
import { showCurrentPage } from "./current-page.ts";
import { enableSearch } from "./search.ts";
import { enableTabs } from "./tabs.ts";
import { enableThemeSwitch } from "./theme-switch.ts";

// Every page can be read without these.
enableThemeSwitch();
enableSearch();
enableTabs();
addCopyButtons();
followHeadings();
showCurrentPage();
