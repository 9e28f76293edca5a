// Where the knots of a column's first curve lie: more of them where the distribution has details.

/** So many of the finest pieces would fill an even one. */
export const leastPiece = 12.5;
/** Knots that are placed at even probabilities before any detail is looked for. */
const evenPieces = 8;

/** The share of a sorted sample below a value, interpolated between its points. */
export function shareBelow(sorted: Float64Array, value: number): number {
  const last = sorted.length - 1;
  if (value <= sorted[0]) return 0;
  if (value >= sorted[last]) return 1;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle;
    else high = middle;
  }
  return (low + (value - sorted[low]) / (sorted[high] - sorted[low])) / last;
}

/** The sample from index `from` to `to`, and the point in between that a straight line misses the most. */
interface Piece {
  readonly from: number;
  readonly to: number;
  /** Index of that point; undefined if none is far enough from the ends. */
  readonly at: number | undefined;
  /** By how many rows the line misses it. */
  readonly miss: number;
}

/**
 * bins + 1 positions in ascending order (some may coincide) from the `lowest` quantile to the 1 − `lowest` quantile.
 *
 * A few lie at even quantiles of the normal; then, one by one, a knot is put where straight lines between the knots so
 * far miss the empirical distribution function the most. So gaps, spikes and the steps of a lattice get knots of their
 * own. Cost O(rows · log bins), about.
 *
 * @param sorted a sample in ascending order
 */
export function knotPositions(sorted: Float64Array, bins: number, lowest: number): Float64Array {
  const last = sorted.length - 1;
  const first = Math.min(bins, evenPieces);
  const even = Array.from({ length: first + 1 }, (_, k) =>
    Math.round((lowest + (1 - 2 * lowest) * smoothShare(k / first)) * last),
  );
  const whole = sorted[even[first]] - sorted[even[0]];
  const least = whole / (leastPiece * bins);
  let pieces = even.slice(1).map((to, k) => examine(sorted, even[k], to, least));
  while (pieces.length < bins) {
    const worst = pieces.reduce((a, b) => (b.miss > a.miss ? b : a));
    // Without details left, the piece with the most rows is halved.
    const cut =
      worst.at === undefined ? pieces.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a)) : worst;
    const at = cut.at ?? (cut.from + cut.to) >> 1;
    pieces = pieces.flatMap((piece) =>
      piece === cut ? [examine(sorted, cut.from, at, least), examine(sorted, at, cut.to, least)] : [piece],
    );
  }
  return Float64Array.from([pieces[0].from, ...pieces.map(({ to }) => to)], (i) => sorted[i]);
}

/** Even steps of a normal variable, near enough, as shares of probability: 0 ↦ 0, ½ ↦ ½, 1 ↦ 1, flat at the ends. */
function smoothShare(t: number): number {
  return t * t * (3 - 2 * t);
}

function examine(sorted: Float64Array, from: number, to: number, least: number): Piece {
  const slope = (to - from) / (sorted[to] - sorted[from] || 1);
  let at: number | undefined;
  let miss = 0;
  for (let i = from + 1; i < to; i++) {
    if (sorted[i] - sorted[from] < least || sorted[to] - sorted[i] < least) continue;
    const off = Math.abs(i - from - slope * (sorted[i] - sorted[from]));
    if (off > miss) {
      miss = off;
      at = i;
    }
  }
  return { from, to, at, miss };
}
