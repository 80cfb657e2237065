import { markBusyForms } from "./busy.ts";
import { explainCharts } from "./chart.ts";
import { confirmInDialog } from "./confirm.ts";
import { addCopyButtons } from "./copy.ts";
import { addDrawer } from "./drawer.ts";
import { addFillButtons } from "./fill.ts";
import { addKeyboard } from "./keyboard.ts";
import { followDelivery } from "./live-delivery.ts";
import { addPalette } from "./palette.ts";
import { addPayloadViewers } from "./payload.ts";
import { guideProductForm } from "./product-form.ts";
import { offerTimeZone } from "./times.ts";

// Progressive enhancement: every page works without these scripts.
enhance(document);
addCopyButtons();
addPalette();
addDrawer(enhance);
addFillButtons();
addKeyboard();
guideProductForm();
addPayloadViewers();
followDelivery(enhance);
explainCharts();
offerTimeZone();
confirmInDialog(enhance);
// Last, so that it sees which forms the others hold back.
markBusyForms();

function enhance(part: ParentNode): void {
  for (const element of part.querySelectorAll<HTMLElement>("[data-needs-script]")) element.hidden = false;
}
