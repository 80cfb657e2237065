export const referenceStyle = `
:root { color-scheme: light dark; --ink: light-dark(#16181d, #e9eaee); --ink-2: light-dark(#565c69, #a5abb8);
  --paper: light-dark(#fff, #15171c); --ground: light-dark(#f6f7f9, #0e1014); --line: light-dark(#e3e6eb, #282c35);
  --accent: light-dark(#4338ca, #a5a0ff) }
body { margin: 0; font: 14px/1.55 ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif; color: var(--ink);
  background: var(--ground) }
main { max-width: 880px; margin: 0 auto; padding: 32px 16px 80px }
h1 { font-size: 22px } h2 { font-size: 16px; margin: 40px 0 8px; overflow-wrap: anywhere }
code, pre { font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace } h2 code { font-size: 15px }
.verb { color: var(--accent) } a { color: var(--accent) }
pre { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 12px; overflow-x: auto }
details { border-top: 1px solid var(--line); padding: 6px 0 } summary { cursor: pointer }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: start; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--ink-2); font-weight: 550 }
`;
