/** Shows exact times in the viewer's time zone. UTC stays available on hover. */
export function localizeTimes(root: ParentNode): void {
  const format = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  });
  for (const time of root.querySelectorAll("time")) {
    const local = format.format(new Date(time.dateTime));
    if (time.hasAttribute("data-exact")) {
      time.title = time.textContent ?? "";
      time.textContent = local;
    } else {
      time.title = `${local} (${time.title})`;
    }
  }
}
