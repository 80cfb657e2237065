import type { StripeObjects } from "./wire.ts";

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { display: grid; place-items: center; min-height: 100vh; margin: 0 }
  main { width: min(26rem, 90vw) }
  table { width: 100%; border-collapse: collapse; margin: 1rem 0 }
  td { padding: .4rem 0; border-bottom: 1px solid #8884 }
  td:last-child { text-align: right; font-variant-numeric: tabular-nums }
  tr.total td { border: 0; font-weight: 600 }
  label { display: block; margin: 1rem 0 .25rem }
  input, button { box-sizing: border-box; width: 100%; padding: .6rem; font: inherit; border: 1px solid #8888; border-radius: .4rem }
  button { margin-top: .6rem; cursor: pointer }
  button.pay { background: #4f46e5; color: #fff; border-color: #4f46e5 }
  small { opacity: .7 }`;

/** Renders a page. `content` is HTML and not escaped. */
export function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Pocket Stripe</title><style>${style}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>${content}<p><small>Pocket Stripe: no money moves here.</small></p></main></body></html>`;
}

export function sentence(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

export function payForm(session: StripeObjects["checkout.session"], items: StripeObjects["item"][]): string {
  const rows = items.map(
    (item) =>
      `<tr><td>${escapeHtml(item.description ?? "Item")} × ${item.quantity}</td><td>${formatMoney(item.amount_total, item.currency)}</td></tr>`,
  );
  const total = formatMoney(session.amount_total ?? 0, session.currency ?? "usd");
  const emailKnown = session.customer !== null || session.customer_email !== null;
  const email = emailKnown
    ? sentence(session.customer_email ?? "Paying as a known customer.")
    : `<label for="email">Email</label><input id="email" name="email" type="email" placeholder="payer@example.com">
<label for="name">Name on card</label><input id="name" name="name" maxlength="256" placeholder="Pat Payer">`;
  const cancel =
    session.cancel_url === null
      ? ""
      : `<p><a href="${escapeHtml(session.cancel_url)}">Back to the shop</a></p>`;
  return `<table>${rows.join("")}<tr class="total"><td>Total</td><td>${total}</td></tr></table>
<form method="post">${email}
<button class="pay" name="action" value="pay">Pay ${total}</button>
<button name="action" value="pay_later">Pay later (unpaid)</button>
<button name="action" value="expire">Expire</button></form>${cancel}`;
}

/** Renders a form with one button. */
export function button(name: string, value: string, label: string): string {
  return `<form method="post"><button class="pay" name="${escapeHtml(name)}" value="${escapeHtml(value)}">${escapeHtml(label)}</button></form>`;
}

export function link(url: string, label: string): string {
  return `<p><a href="${escapeHtml(url)}">${escapeHtml(label)}</a></p>`;
}

export function htmlReply(status: number, html: string): Response {
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "cache-control": "no-store",
  };
  return new Response(html, { status, headers });
}

export function formatMoney(amount: number, currency: string): string {
  const format = new Intl.NumberFormat("en", { style: "currency", currency: currency.toUpperCase() });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

function escapeHtml(text: string): string {
  const names: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}
