// The grid that layers bend: its lines, point by point. Nothing else, so that pages can use it too.

/** Half of the lines go up, half across. */
export const lineCount = 26;
/** Points of a line. */
export const linePoints = 61;

export type Interval = readonly [low: number, high: number];

/** Lines of a lattice over a rectangle, row-major [lineCount · linePoints, 2]. */
export function gridLines(x: Interval, y: Interval): Float64Array {
  const half = lineCount / 2;
  const along = ([low, high]: Interval, i: number, n: number) => low + ((high - low) * i) / (n - 1);
  const lines = Array.from({ length: lineCount }, (_, line) =>
    Array.from({ length: linePoints }, (_, i) =>
      line < half
        ? [along(x, line, half), along(y, i, linePoints)]
        : [along(x, i, linePoints), along(y, line - half, half)],
    ),
  );
  return Float64Array.from(lines.flat(2));
}
