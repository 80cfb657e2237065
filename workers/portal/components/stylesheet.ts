/** The portal's style, served as one file. Grows with the pages that need it. */
export const stylesheet = `
*, *::before, *::after { box-sizing: border-box }
:root {
  color-scheme: light dark;
  --ink: light-dark(#16181d, #e9eaee); --ink-2: light-dark(#565c69, #a5abb8);
  --paper: light-dark(#ffffff, #15171c); --ground: light-dark(#f6f7f9, #0e1014); --line: light-dark(#e3e6eb, #282c35);
  --accent: light-dark(#4338ca, #a5a0ff);
  --font: ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace;
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px 16px;
  font: 400 14px/1.5 var(--font); color: var(--ink); background: var(--ground) }
h1 { margin: 0; font-size: 20px; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em }
p, ul { margin: 0 } ul { padding-inline-start: 18px }
a { color: var(--accent); text-underline-offset: 2px }
code { font: 400 12.5px/1.5 var(--mono) }
.quiet { color: var(--ink-2); font-size: 13px }
.card { width: 100%; max-width: 420px; display: grid; gap: 14px; padding: 24px; background: var(--paper);
  border: 1px solid var(--line); border-radius: 8px }
.brand { display: flex; align-items: center; gap: 8px; font-weight: 650 }
.brand svg rect { fill: var(--accent) } .brand svg path { stroke: var(--paper) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px }
`;
