// A choice that changes many times a second, as a slider is drawn: shown at once, kept in the address when it rests.

import { useCallback, useEffect, useRef, useState } from "react";

/** Milliseconds without a change after which a choice rests. */
const rest = 250;

/**
 * @param settled what the address says
 * @param settle writes it there
 * @returns the value to show, and what to call when it changes
 */
export function useDraft<T>(settled: T, settle: (value: T) => void): readonly [T, (value: T) => void] {
  const [draft, setDraft] = useState<{ readonly value: T }>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // Another address counts, whatever was on its way to the old one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new settled value is what ends the draft
  useEffect(() => {
    setDraft(undefined);
    return () => clearTimeout(timer.current);
  }, [settled]);
  const choose = useCallback(
    (value: T) => {
      setDraft({ value });
      clearTimeout(timer.current);
      timer.current = setTimeout(() => settle(value), rest);
    },
    [settle],
  );
  return [draft ? draft.value : settled, choose];
}
