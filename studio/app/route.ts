// Which page is shown, and of what: everything stands in the address, so that pages can be linked and gone back to.
// "#/anomalies?model=penguins.logdet&table=penguins.csv"

import { useCallback, useSyncExternalStore } from "react";

export type Parameters = Readonly<Record<string, string>>;

export interface Route {
  /** "" is the first page. */
  readonly page: string;
  readonly parameters: Parameters;
}

/** The address of a page, for links. */
export function hrefOf(page: string, parameters: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const query = new URLSearchParams(given).toString();
  return `#/${page}${query && `?${query}`}`;
}

export function readRoute(hash: string): Route {
  const [path, query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  return { page: path, parameters: Object.fromEntries(new URLSearchParams(query)) };
}

function subscribe(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}

/** The page that is shown, and a way to change some of its parameters without a step in the history. */
export function useRoute(): Route & { change(some: Readonly<Record<string, string | undefined>>): void } {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  const route = readRoute(hash);
  const change = useCallback((some: Readonly<Record<string, string | undefined>>) => {
    const { page, parameters } = readRoute(location.hash);
    location.replace(hrefOf(page, { ...parameters, ...some }));
  }, []);
  return { ...route, change };
}
