// Choosing the two columns of a picture; and pictures that wait for both of their answers.

import { useRef } from "react";
import { Choice } from "../pickers.js";
import { useRoute } from "../route.js";
import type { Answer } from "../use-answer.js";

interface ColumnPairProps {
  readonly columns: readonly string[];
  /** As the server chose them, where the address says nothing. */
  readonly x: string | undefined;
  readonly y: string | undefined;
}

/** The choice of no second column. */
const alone = "";

/** Two columns, kept in the address. */
export function ColumnPair({ columns, x = columns[0], y }: ColumnPairProps) {
  const { change } = useRoute();
  return (
    <>
      <Choice
        label="Across"
        value={x}
        options={columns}
        onChoose={(name) => change({ x: name, y: name === y ? x : y })}
      />
      {columns.length > 1 && (
        <Choice
          label="Up"
          value={y ?? alone}
          options={[alone, ...columns.filter((name) => name !== x)]}
          words={{ [alone]: "nothing: one column alone" }}
          onChoose={(name) => change({ x, y: name === alone ? undefined : name })}
        />
      )}
    </>
  );
}

/** What of the address goes into a question about two columns: x without y is one column alone. */
export const pairIn = ({ x, y }: Readonly<Record<string, string>>) => ({
  ...(x !== undefined && { x }),
  ...(y !== undefined && { y }),
});

/**
 * Two answers that are drawn together: while either is on its way, both as they were; the first picture is drawn with the
 * first answer alone.
 */
export function useTogether<A, B>(
  first: Answer<A>,
  second: Answer<B>,
): { readonly first: A | undefined; readonly second: B | undefined } {
  const shown = useRef<{ first: A | undefined; second: B | undefined }>({
    first: undefined,
    second: undefined,
  });
  const isWaiting = first.isWaiting || second.isWaiting;
  if (!isWaiting || shown.current.first === undefined)
    shown.current = {
      first: first.isWaiting ? undefined : first.answer,
      second: second.isWaiting ? undefined : second.answer,
    };
  return shown.current;
}
