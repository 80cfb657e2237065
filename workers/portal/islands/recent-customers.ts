const maxRecent = 8;
const customerPath = /^(\/p\/[^/]+\/(?:test|live))\/customers\/([^/]+)/;

/**
 * The customers that this browser showed last in the project and mode of the page, newest first: their `subject_ref` only.
 * Remembers the customer of this page; forgets one that is not there.
 */
export function trackRecentCustomers(): string[] {
  const { pathname } = location;
  const scope = /^\/p\/[^/]+\/(?:test|live)/.exec(pathname)?.[0];
  if (scope === undefined) return [];
  const known = read(scope);
  const [, , segment] = customerPath.exec(pathname) ?? [];
  if (segment === undefined) return known;
  const subjectRef = decode(segment);
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  const isThere = navigation === undefined || navigation.responseStatus === 200;
  const others = known.filter((each) => each !== subjectRef);
  const recent = isThere ? [subjectRef, ...others].slice(0, maxRecent) : others;
  write(scope, recent);
  return others;
}

const keyOf = (scope: string): string => `recent-customers:${scope}`;

function read(scope: string): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(scope)) ?? "[]");
    return Array.isArray(stored) ? stored.filter((each) => typeof each === "string").slice(0, maxRecent) : [];
  } catch {
    // Storage is switched off, or holds something else.
    return [];
  }
}

function write(scope: string, recent: string[]): void {
  try {
    localStorage.setItem(keyOf(scope), JSON.stringify(recent));
  } catch {
    // Storage is switched off or full: nothing is remembered.
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
