// Whether the page is shown on something narrow, where wide pictures could not be read.

import { useSyncExternalStore } from "react";

const query = "(max-width: 46rem)";

function subscribe(changed: () => void): () => void {
  const list = matchMedia(query);
  list.addEventListener("change", changed);
  return () => list.removeEventListener("change", changed);
}

export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => matchMedia(query).matches);
