/** Scrolls the sidebar to the entry of this page. `scrollIntoView` would scroll the page as well. */
export function showCurrentPage(): void {
  const entry = document.querySelector<HTMLElement>(".sidebar [aria-current]");
  const sidebar = entry?.closest(".sidebar");
  if (entry == null || sidebar == null) return;
  sidebar.scrollTop = entry.offsetTop - sidebar.clientHeight / 2;
}
