// Which nets are tried, one after another, and what each result says about the next: depth, input noise, a mixture, a
// second start. Knows numbers only; fit.ts trains.

/** What may differ from one training run to the next. */
export interface Setting {
  /** Dense layers. */
  readonly layers: number;
  /** Nets side by side in a mixture. */
  readonly components: number;
  /** Standard deviation of the noise on the training rows at first, standardised. */
  readonly noise: number;
  /** Number of the random start. */
  readonly start: number;
}

/** A run and how well it did: best held-out likelihood, and that of training rows beside it, nats a row. */
export interface Outcome {
  readonly setting: Setting;
  readonly validationNll: number;
  readonly trainNll: number;
}

/** What is open, and what the table is like. */
export interface SearchSpace {
  /** Where the search begins. */
  readonly first: Setting;
  /** Which parts of a setting may change. */
  readonly open: ReadonlySet<"layers" | "components" | "noise" | "start">;
  readonly rows: number;
  readonly dim: number;
  readonly batch: number;
  readonly steps: number;
  /** Whether most columns are discrete: noise would wash out what is best known about them. */
  readonly isDiscrete: boolean;
}

/** Nats a column by which training rows may be likelier than held-out ones before it counts as overfitting. */
const overfitting = 0.03;
/** Fewer rows than this are too few to learn several nets from. */
export const fewestMixtureRows = 5000;
const mixtureComponents = 4;
const noise = 0.1;
/** Seconds that one more run may take, as estimated. */
export const affordable = 60;

/**
 * Seconds of a run on one thread, roughly: products, splines and what every layer costs whatever its size. An estimate
 * and not a clock, or the same seed could give another model on another day.
 */
export function estimatedSeconds(
  { batch, dim, steps }: SearchSpace,
  { layers, components }: Setting,
): number {
  const products = (6 * batch * dim * dim) / 2e10;
  const curves = batch * dim * 1.5e-8;
  return steps * layers * components * (products + curves + 1e-5);
}

const isAffordable = (space: SearchSpace, setting: Setting) => estimatedSeconds(space, setting) <= affordable;
const canMix = ({ open, rows }: SearchSpace) => open.has("components") && rows >= fewestMixtureRows;
const canBeNoisy = ({ open, isDiscrete }: SearchSpace) => open.has("noise") && !isDiscrete;

const better = (a: Outcome, b: Outcome) => (b.validationNll < a.validationNll ? b : a);
export const bestOf = (outcomes: readonly Outcome[]): Outcome => outcomes.reduce(better);

/** Whether a net knows its training rows better than it should, given so many columns. */
export function overfits({ trainNll, validationNll }: Outcome, dim: number): boolean {
  return validationNll - trainNll > overfitting * dim;
}

/**
 * The next setting that is worth a run, undefined when none is left.
 *
 * Depth first: twice as many layers as long as that helps, half as many if it does not. Then, where the best net
 * overfits, noise on its input and a second start to average with; where it does not and rows are many, a mixture.
 */
export function nextSetting(space: SearchSpace, outcomes: readonly Outcome[]): Setting | undefined {
  if (outcomes.length === 0) return space.first;
  const { open, first, dim } = space;
  const tried = (setting: Setting) =>
    outcomes.find((outcome) => JSON.stringify(outcome.setting) === JSON.stringify(setting));
  const worthwhile = (setting: Setting) =>
    !tried(setting) && isAffordable(space, setting) ? setting : undefined;
  const best = bestOf(outcomes);

  const depth = (): Setting | undefined => {
    if (!open.has("layers")) return undefined;
    const at = (layers: number) => ({ ...first, layers });
    const result = (layers: number) => tried(at(layers))?.validationNll ?? Number.POSITIVE_INFINITY;
    const [half, two, four] = [first.layers / 2, first.layers * 2, first.layers * 4];
    if (!tried(at(two))) return worthwhile(at(two));
    if (result(two) < result(first.layers)) return worthwhile(at(four));
    return Number.isInteger(half) ? worthwhile(at(half)) : undefined;
  };
  const noisy = (): Setting | undefined =>
    canBeNoisy(space) && overfits(best, dim) && outcomes.every(({ setting }) => setting.noise === 0)
      ? worthwhile({ ...best.setting, noise })
      : undefined;
  const mixed = (): Setting | undefined =>
    canMix(space) && !overfits(best, dim)
      ? worthwhile({ ...first, components: mixtureComponents })
      : undefined;
  const again = (): Setting | undefined =>
    open.has("start") && overfits(best, dim) && outcomes.every(({ setting }) => setting.start === first.start)
      ? worthwhile({ ...best.setting, start: first.start + 1 })
      : undefined;
  return depth() ?? noisy() ?? mixed() ?? again();
}

/** Beyond so many layers the learning rate falls with the square root of their number: 0.03 is too much for 16. */
const fullRateLayers = 8;

/** The learning rate of a net, given that of a shallow one. */
export const rateFor = (rate: number, { layers }: Setting): number =>
  rate * Math.min(1, Math.sqrt(fullRateLayers / layers));

/** At most so many runs can come of a search: two other depths, and one each of noise, a mixture and a second start. */
export function mostRuns(space: SearchSpace): number {
  const { open, first } = space;
  const goesDeeper = open.has("layers") && isAffordable(space, { ...first, layers: first.layers * 2 });
  return (
    1 +
    (goesDeeper ? 2 : 0) +
    (canBeNoisy(space) ? 1 : 0) +
    (canMix(space) ? 1 : 0) +
    (open.has("start") ? 1 : 0)
  );
}
