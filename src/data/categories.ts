// Categories and their codes: the order that gives a category its number, and cells that say true or false.

/** More different values than this are no categories. As many as a model's configuration holds. */
export const mostCategories = 10_000;

const TRUTH: ReadonlyMap<string, boolean> = new Map([
  ["false", false],
  ["no", false],
  ["f", false],
  ["n", false],
  ["0", false],
  ["true", true],
  ["yes", true],
  ["t", true],
  ["y", true],
  ["1", true],
]);

/** What a word says, in any case of letters: true/false, yes/no, t/f, y/n, 1/0; undefined: something else. */
export function truthOf(word: string): boolean | undefined {
  return TRUTH.get(word.toLowerCase());
}

/**
 * Labels in an order that does not depend on the rows': numbers by value, all else alphabetically with the numbers in it by
 * value (a2 before a10).
 */
export function sortLabels(labels: Iterable<string>): string[] {
  const list = [...labels];
  const byUnit = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  if (list.every(isNumber)) return list.sort((a, b) => Number(a) - Number(b) || byUnit(a, b));
  const { compare } = new Intl.Collator("en", { numeric: true });
  return list.sort((a, b) => compare(a, b) || byUnit(a, b));
}

/**
 * The two categories of a column of truth values, false first: in its own words if it has one for each, "false" and "true"
 * if it has more.
 *
 * @param labels all that say true or false
 */
export function truthCategories(labels: readonly string[]): string[] {
  if (labels.length === 2 && truthOf(labels[0]) !== truthOf(labels[1]))
    return truthOf(labels[0]) ? [labels[1], labels[0]] : [...labels];
  return ["false", "true"];
}

/**
 * The code of a label: k for `categories[k]`, K = `categories.length` for none of them.
 *
 * What is spelled otherwise is found too where nothing can be mixed up: 1.0 for 1 if all categories are numbers, Yes or
 * true for yes if the two categories say no and yes.
 *
 * @example codeOf(["female", "male"])("male") // 1
 */
export function codeOf(categories: readonly string[]): (label: string) => number {
  const exact = new Map(categories.map((category, k) => [category, k]));
  const isTruth = categories.length === 2 && truthOf(categories[0]) === false && truthOf(categories[1]);
  const byValue = categories.every(isNumber)
    ? new Map(categories.map((category, k) => [Number(category), k]))
    : undefined;
  return (label) => {
    const truth = isTruth ? truthOf(label) : undefined;
    return (
      exact.get(label) ??
      (truth === undefined ? undefined : Number(truth)) ??
      (isNumber(label) ? byValue?.get(Number(label)) : undefined) ??
      categories.length
    );
  };
}

/**
 * Cells of text as the column of categories that they make: of truth values, if all are.
 *
 * @param cells null where missing
 */
export function encodeLabels(cells: readonly (string | null)[]): {
  readonly values: Float64Array;
  readonly categories: readonly string[];
} {
  const labels = [...new Set(cells.filter((cell) => cell !== null))];
  const isTruth =
    new Set(labels.map(truthOf)).size === 2 && labels.every((label) => truthOf(label) !== undefined);
  const categories = isTruth && !labels.some(isNumber) ? truthCategories(labels) : sortLabels(labels);
  const code = codeOf(categories);
  return {
    values: Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : code(cell))),
    categories,
  };
}

/** Whether a label spells a finite number. */
export function isNumber(label: string): boolean {
  return label.trim() !== "" && Number.isFinite(Number(label));
}

/**
 * The cells of a categorical column as text: null where one is missing or none of the categories.
 *
 * @example labelsOf({ values: Float64Array.of(1, NaN), categories: ["female", "male"] }) // ["male", null]
 */
export function labelsOf({
  values,
  categories = [],
}: {
  readonly values: Float64Array;
  readonly categories?: readonly string[] | undefined;
}): (string | null)[] {
  return Array.from(values, (code) => categories[code] ?? null);
}
