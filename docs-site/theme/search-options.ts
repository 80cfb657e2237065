/** How sections are indexed at the build and found in the browser: both need the same options. */
export const searchOptions = {
  fields: ["title", "page", "text"],
  storeFields: ["title", "page", "excerpt"],
  // Names such as `payment_past_due` and `access/check` are found by each of their words and as a whole.
  tokenize: (text: string): string[] => {
    const words = text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
    return words
      .flatMap((word) => (word.includes("_") ? [word, ...word.split("_")] : [word]))
      .filter(Boolean);
  },
  searchOptions: { boost: { title: 4, page: 2 }, prefix: true, fuzzy: 0.15, combineWith: "AND" as const },
};
