/** Offers the browser's time zone to an operator who has chosen none. The server shows and reads all times. */
export function offerTimeZone(): void {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const offer = document.querySelector<HTMLElement>("[data-zone-offer]");
  const choice = offer?.querySelector<HTMLButtonElement>("[data-zone-choice]");
  if (!offer || !choice || !timeZone || timeZone === "UTC" || timeZone === "Etc/UTC") return;
  choice.value = timeZone;
  choice.textContent = `Use ${timeZone}`;
  const question = offer.querySelector("[data-zone-question]");
  if (question) question.textContent = `This browser uses ${timeZone}.`;
  offer.hidden = false;
}
