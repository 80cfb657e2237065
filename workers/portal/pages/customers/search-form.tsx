import { buildPath, type PortalContext } from "../../request-context.ts";

/** The search of customers by anything that can be pasted. */
export function SearchForm({ c, text }: { c: PortalContext; text: string }) {
  return (
    <search class="list-search">
      <form class="row" method="get" action={buildPath(c, "/customers")}>
        <input
          name="q"
          type="search"
          value={text}
          aria-label="Search customers"
          placeholder="Email, subject_ref, any ID or Stripe address"
          autocomplete="off"
        />
        <button class="button" type="submit">
          Search
        </button>
      </form>
    </search>
  );
}
