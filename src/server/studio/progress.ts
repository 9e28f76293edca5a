// Work that answers as it goes: how far it is, and what it has found so far.

/** What is being done, and how far it is. */
export interface Progress {
  readonly text: string;
  readonly done: number;
  readonly total: number;
}

/** A piece of an answer that takes a while: at first those that say how far it is, then one with the result. */
export type Piece<T> = { readonly progress: Progress } | { readonly result: T };

/**
 * Does some work, and yields what it gives.
 *
 * The work must end by itself once nobody reads any more: hand it the signal of `answerInPieces`.
 *
 * @param work what it gives as passing is not yielded if more is given before it is read
 */
export async function* whileWorking<T>(
  work: (give: (piece: T, isPassing?: boolean) => void) => Promise<void>,
): AsyncGenerator<T> {
  const given: { readonly piece: T; readonly isPassing: boolean }[] = [];
  let isDone = false;
  let wake = () => {};
  const working = work((piece, isPassing = false) => {
    if (given.at(-1)?.isPassing) given.pop();
    given.push({ piece, isPassing });
    wake();
  }).finally(() => {
    isDone = true;
    wake();
  });
  // Awaited below; where the reader has gone, nobody is left to be told.
  working.catch(() => undefined);
  for (;;) {
    const next = given.shift();
    if (next) yield next.piece;
    else if (isDone) break;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
  await working;
}

/** Work that tells how far it is, and has one result. */
export function withProgress<T>(
  work: (tell: (progress: Progress) => void) => Promise<T>,
): AsyncGenerator<Piece<T>> {
  return whileWorking<Piece<T>>(async (give) => {
    const result = await work((progress) => give({ progress }, true));
    give({ result });
  });
}
