// What a picture of a density shows, in words that use its own numbers.

import type { LookAxis, LookDensity, LookPoints } from "../../../src/server/studio/look-answers.js";
import { count, percent, short } from "../words.js";
import { isNumbers, placesInside } from "./pair-points.js";

/** @param columns of the model */
export function densityWords({ x, y, how, draws, bandwidth, outside }: LookDensity, columns: number): string {
  const others = columns - (y ? 2 : 1);
  const numbers = [x, y].filter(isNumbers);
  const drawn = numbers.length === 2 ? "contours" : numbers.length === 1 ? "curves" : "shares";
  const one = y === null && numbers.length === 1 ? "curve is" : `${drawn} are`;
  const say: Readonly<Record<LookDensity["how"], () => string>> = {
    exact: () => `The model has no other columns: the ${one} its own, exactly.`,
    draws: () => {
      const widths = numbers.map(({ name }, i) => `${short(bandwidth[i], 2)} in ${name}`).join(" and ");
      const smoothed =
        numbers.length === 0 ? "" : `, smoothed by a bell curve with a standard deviation of ${widths}`;
      const left =
        (outside ?? 0) >= 0.0005 ? ` ${percent(outside ?? 0)} of them lie outside of the picture.` : "";
      const whatever =
        others === 1 ? "whatever the other column holds" : `whatever the other ${others} columns hold`;
      return `The ${one} of ${count(draws, "row")} that the model drew, ${whatever}${smoothed}.${left}`;
    },
    held: () =>
      `The ${one} what the model makes of ${y ? "these two columns" : "this column"} in rows whose other ${
        others === 1 ? "column is" : `${others} columns are`
      } held at the values given: exact but for a factor, so that all of the picture is 1.`,
  };
  return [say[how](), contourWords(numbers.length, y), omittedWords(x), omittedWords(y)]
    .filter(Boolean)
    .join(" ");
}

function contourWords(numbers: number, y: LookAxis | null): string {
  if (numbers === 2)
    return "From the outside in they hold 90, 70, 50, 30 and 10 % of the probability shown: 1 row in 10 falls outside of them all.";
  if (numbers === 1 && y) return "Each curve has the same area; how probable its value is stands beside it.";
  return "";
}

function omittedWords(axis: LookAxis | null): string {
  if (axis === null || isNumbers(axis) || axis.omitted === 0) return "";
  return (
    `Of ${axis.name} the ${axis.values.length} most frequent values are shown; the other ${axis.omitted} have ` +
    `${percent(axis.omittedShare)} of the probability.`
  );
}

/** What the points are. @param table undefined: drawn rows */
export function pointsWords(
  points: LookPoints | undefined,
  { x, y }: LookDensity,
  table: string | undefined,
): string {
  if (!points) return "";
  const { rows, total, missing } = points;
  const source = table === undefined ? "that the model drew" : `of ${table}`;
  const far = rows.length - placesInside(points, x, y).length;
  const some =
    rows.length === total
      ? `${count(total, "row")} ${source}`
      : `${count(rows.length, "row")}, evenly spaced among the ${total.toLocaleString("en")} ${source}`;
  const areCounted = !isNumbers(x) && !isNumbers(y);
  return [
    areCounted ? `In brackets: how many of ${some}.` : `The points are ${some}.`,
    far > 0 && `${far.toLocaleString("en")} of them lie outside of the picture.`,
    missing > 0 &&
      `${missing.toLocaleString("en")} more ${missing === 1 ? "misses" : "miss"} a cell of these columns.`,
    !areCounted && "Choose a point to see its row.",
  ]
    .filter(Boolean)
    .join(" ");
}

/** For those who cannot see it. */
export function pictureWords({ x, y }: LookDensity, points: LookPoints | undefined): string {
  const over = points ? ` over ${count(points.rows.length, "point")}` : "";
  if (isNumbers(x) && isNumbers(y))
    return `Contours of the model's density of ${x.name} and ${y.name}${over}.`;
  if (y === null) return `The model's density of ${x.name}${over}.`;
  if (!isNumbers(x) && !isNumbers(y)) return `How probable each pair of ${x.name} and ${y.name} is.`;
  const [numbers, by] = isNumbers(x) ? [x, y] : [y, x];
  return `The model's density of ${numbers.name} for each value of ${by.name}${over}.`;
}
