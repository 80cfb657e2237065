interface Verdict {
  ok: boolean;
  text: string;
}

const pauseMs = 350;

/** Shows only the fields of the chosen kind, and says what Stripe knows of the price while typing ends. */
export function guideProductForm(): void {
  const form = document.querySelector<HTMLFormElement>("[data-product-form]");
  if (form === null) return;
  const kindOf = () => String(new FormData(form).get("kind") ?? "");
  const showKind = () => {
    for (const part of form.querySelectorAll<HTMLElement>("[data-kind]"))
      part.hidden = part.dataset["kind"] !== kindOf();
  };
  const price = form.querySelector<HTMLInputElement>("[data-price-lookup]");
  const result = form.querySelector<HTMLElement>("[data-price-result]");
  let asked = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lookUp = async () => {
    if (price === null || result === null) return;
    const turn = ++asked;
    const typed = price.value.trim();
    if (!/^(price|prod)_\w{6,}$/.test(typed)) {
      result.textContent = "";
      return;
    }
    result.textContent = "Asking Stripe…";
    const verdict = await ask(
      `${price.dataset["priceLookup"]}?${new URLSearchParams({ price: typed, kind: kindOf() })}`,
    );
    // A slow answer about what stood there before says nothing.
    if (turn !== asked) return;
    result.textContent = `${verdict.ok ? "✓" : "✕"} ${verdict.text}`;
    result.dataset["ok"] = String(verdict.ok);
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(lookUp, pauseMs);
  };
  form.addEventListener("change", () => {
    showKind();
    later();
  });
  price?.addEventListener("input", later);
  showKind();
  if (price?.value) later();
}

async function ask(address: string): Promise<Verdict> {
  try {
    const reply = await fetch(address);
    if (reply.ok) return (await reply.json()) as Verdict;
  } catch {
    // The form says what is wrong when it is sent.
  }
  return { ok: false, text: "The price can't be looked up right now. It is checked when you save." };
}
