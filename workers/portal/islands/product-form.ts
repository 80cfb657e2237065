interface Verdict {
  ok: boolean;
  text: string;
}

const pauseMs = 350;

/** Looks the price up at Stripe once typing pauses. */
export function guideProductForm(): void {
  const form = document.querySelector<HTMLFormElement>("[data-product-form]");
  if (form === null) return;
  const readKind = () => String(new FormData(form).get("kind") ?? "");
  const price = form.querySelector<HTMLInputElement>("[data-price-lookup]");
  const result = form.querySelector<HTMLElement>("[data-price-result]");
  let latestRequest = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lookUp = async () => {
    if (price === null || result === null) return;
    const request = ++latestRequest;
    const typed = price.value.trim();
    if (!/^(price|prod)_\w{6,}$/.test(typed)) {
      result.textContent = "";
      return;
    }
    result.textContent = "Asking Stripe…";
    const verdict = await fetchVerdict(
      `${price.dataset["priceLookup"]}?${new URLSearchParams({ price: typed, kind: readKind() })}`,
    );
    // A newer request was sent: this response is for an old price.
    if (request !== latestRequest) return;
    result.textContent = `${verdict.ok ? "✓" : "✕"} ${verdict.text}`;
    result.dataset["ok"] = String(verdict.ok);
  };
  const scheduleLookup = () => {
    clearTimeout(timer);
    timer = setTimeout(lookUp, pauseMs);
  };
  form.addEventListener("change", scheduleLookup);
  price?.addEventListener("input", scheduleLookup);
  if (price?.value) scheduleLookup();
}

async function fetchVerdict(address: string): Promise<Verdict> {
  try {
    const reply = await fetch(address);
    if (reply.ok) return (await reply.json()) as Verdict;
  } catch {
    // The price is checked again when the form is sent.
  }
  return { ok: false, text: "The price can't be looked up right now. It is checked when you save." };
}
