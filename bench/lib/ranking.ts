// How well anomaly scores put the anomalies first. Larger scores are stranger; labels are 1 for an anomaly, 0 for none.

import { LogdetError } from "logdet";

/**
 * The area under the ROC curve: the probability that an anomaly has a larger score than a normal row, a tie counting
 * half (the Mann-Whitney statistic divided by the number of pairs).
 *
 * @param scores one a row, infinite ones included; larger is stranger
 * @param labels one a row, 1 for an anomaly
 * @throws LogdetError "shape" when the lengths differ; "data" when a score is NaN, or a label of either kind is missing
 * @see Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology 143, 1982
 * @example auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])  // 0.75
 */
export function auroc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const groups = tieGroups(scores, labels);
  const [anomalies, normals] = totals(groups);
  let normalsAbove = 0;
  let pairs = 0;
  for (const group of groups) {
    pairs += group.anomalies * (normals - normalsAbove - group.normals / 2);
    normalsAbove += group.normals;
  }
  return pairs / (anomalies * normals);
}

/**
 * Average precision: over the distinct scores from the largest, the precision of flagging all rows down to one, weighted
 * by the recall it adds. No interpolation; rows that tie are flagged together.
 *
 * @param scores as in `auroc`
 * @param labels as in `auroc`
 * @throws as `auroc`
 * @see scikit-learn, `sklearn.metrics.average_precision_score`, which has the same definition
 * @example averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])  // 0.8333
 */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const groups = tieGroups(scores, labels);
  const [anomalies] = totals(groups);
  let found = 0;
  let flagged = 0;
  let sum = 0;
  for (const group of groups) {
    found += group.anomalies;
    flagged += group.anomalies + group.normals;
    sum += group.anomalies * (found / flagged);
  }
  return sum / anomalies;
}

/** How many rows of each kind share one score. */
interface TieGroup {
  anomalies: number;
  normals: number;
}

/** The rows by score, the largest first. */
function tieGroups(scores: ArrayLike<number>, labels: ArrayLike<number>): TieGroup[] {
  if (scores.length !== labels.length)
    throw new LogdetError("shape", `expected a label a score, got ${labels.length} for ${scores.length}`);
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row);
  for (const row of order)
    if (Number.isNaN(scores[row])) throw new LogdetError("data", `the score of row ${row + 1} is NaN`);
  // Not the difference, which is NaN between equal infinities.
  order.sort((a, b) => (scores[a] > scores[b] ? -1 : scores[a] < scores[b] ? 1 : 0));
  const groups: TieGroup[] = [];
  for (const [place, row] of order.entries()) {
    if (place === 0 || scores[row] !== scores[order[place - 1]]) groups.push({ anomalies: 0, normals: 0 });
    const group = groups[groups.length - 1];
    if (labels[row] === 1) group.anomalies++;
    else group.normals++;
  }
  return groups;
}

function totals(groups: readonly TieGroup[]): [anomalies: number, normals: number] {
  const anomalies = groups.reduce((sum, group) => sum + group.anomalies, 0);
  const normals = groups.reduce((sum, group) => sum + group.normals, 0);
  if (anomalies === 0 || normals === 0)
    throw new LogdetError(
      "data",
      `a ranking of ${anomalies} anomalies and ${normals} normal rows has no quality`,
      {
        hint: "Give rows of both kinds.",
      },
    );
  return [anomalies, normals];
}
