// What kinds of layers do, in a sentence each.

const sentences: readonly (readonly [begins: string, sentence: string])[] = [
  ["data", "Before the first layer: the rows as they are."],
  ["matrix", "A matrix mixes the columns: lines stay straight, but turn, lean and change their distances."],
  [
    "spline",
    "Splines bend each coordinate by itself: lines along the axes stay along the axes, their distances change.",
  ],
  ["curves", "Fixed curves, one a column, for bounds and heavy tails: distances change along the axes."],
  ["shift by categories", "Every row is shifted and scaled by what its categories, and missing cells, say."],
  ["gdn", "Each coordinate is divided by a pool of all of them."],
  ["standardization", "Each coordinate is shifted and scaled by fixed numbers."],
];

/** @param name as the server has it: "spline 2" */
export const layerInWords = (name: string): string =>
  sentences.find(([begins]) => name.startsWith(begins))?.[1] ??
  "What this layer does shows in how the grid moves.";
