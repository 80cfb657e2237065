// Runs before the page is drawn, so that a chosen theme doesn't flash.
const chosen = localStorage.getItem("licenzy-docs-theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset["theme"] = chosen;
