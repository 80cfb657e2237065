export const referenceStyle = `
:root { color-scheme: light dark; --ink: light-dark(#16181d, #e9eaee); --ink-2: light-dark(#565c69, #a5abb8);
  --paper: light-dark(#fff, #15171c); --ground: light-dark(#f6f7f9, #0e1014); --line: light-dark(#e3e6eb, #282c35);
  --accent: light-dark(#4338ca, #a5a0ff) }
body { margin: 0; font: 14px/1.55 ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif; color: var(--ink);
  background: var(--ground) }
main { max-width: 880px; margin: 0 auto; padding: 32px 16px 80px }
h1 { font-size: 22px } h2 { font-size: 16px; margin: 44px 0 8px; overflow-wrap: anywhere }
h3 { font-size: 13px; margin: 18px 0 2px; color: var(--ink-2) }
code { font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace } h2 code { font-size: 15px }
.verb { color: var(--accent) } a { color: var(--accent) }
details { margin-top: 14px } summary { cursor: pointer; color: var(--ink-2) }
.scroll { overflow-x: auto; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; margin-top: 6px }
table { border-collapse: collapse; width: 100% } tr:last-child td { border-bottom: 0 }
th, td { text-align: start; padding: 7px 12px; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--ink-2); font-weight: 550 }
`;
