import { explainCharts } from "./chart.ts";
import { addCopyButtons } from "./copy.ts";
import { followLive } from "./live.ts";
import { addPalette } from "./palette.ts";
import { addPayloadViewers } from "./payload.ts";
import { guideProductForm } from "./product-form.ts";
import { localizeTimes } from "./times.ts";

// Everything here adds to pages that are whole without it.
for (const element of document.querySelectorAll<HTMLElement>("[data-needs-script]")) element.hidden = false;
addCopyButtons();
localizeTimes(document);
addPalette();
guideProductForm();
addPayloadViewers();
followLive();
explainCharts();
