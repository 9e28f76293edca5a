// What a Jacobian says of a row, in words.

import type { JacobianAnswer, StretchedStep } from "../../../src/server/studio/jacobian-answers.js";
import { nats, short } from "../words.js";

/** Cells that are named. */
const mostCells = 8;

/** "eruptions 4.5; waiting 85; sex missing." */
export function cellsInWords({ cells }: JacobianAnswer): string {
  const words = cells.slice(0, mostCells).map(({ column, value, filled }) => {
    if (value !== null) return `${column} ${typeof value === "number" ? short(value, 4) : value}`;
    return filled === null ? `${column} missing` : `${column} missing, taken as ${short(filled, 4)}`;
  });
  return `${words.join("; ")}${cells.length > mostCells ? "; …" : "."}`;
}

/** "0.97 eruptions − 0.26 waiting"; "… and less of others" where much is not named. */
export function stepInWords({ parts }: StretchedStep): string {
  const named = parts
    .map(({ column, share }, i) => {
      const sign = share < 0 ? "− " : i > 0 ? "+ " : "";
      return `${sign}${Math.abs(share).toFixed(2)} ${column}`;
    })
    .join(" ");
  // The squares of all shares add up to 1.
  const rest = 1 - parts.reduce((sum, { share }) => sum + share ** 2, 0);
  return rest > 0.1 ? `${named} and less of others` : named;
}

export const timesInWords = ({ stretch }: StretchedStep): string =>
  `${stretch.toLocaleString("en", { minimumSignificantDigits: 2, maximumSignificantDigits: 3 })} times`;

/** "21 times as large", "3 times as small": what a small volume becomes. */
export function volumeInWords({ logDet }: JacobianAnswer): string {
  const times = Math.exp(Math.abs(logDet));
  const factor =
    times < 1e6
      ? times.toLocaleString("en", { maximumSignificantDigits: 3 })
      : `10^${Math.round(Math.abs(logDet) / Math.LN10)}`;
  return `${factor} times as ${logDet < 0 ? "small" : "large"}`;
}

/** "−4.09 (base) + 3.04 (log|det J|) − 2.72 (units) = −3.77 nats" */
export function sumInWords(answer: JacobianAnswer): string {
  const { baseLogProb, logDet, unitsLogDet, othersLogProb, logProb, net } = answer;
  const signed = (value: number) => `${value < 0 ? "−" : "+"} ${nats(Math.abs(value))}`;
  const others = net.count > 1 ? ` ${signed(othersLogProb)} (what the other nets add)` : "";
  return (
    `${nats(baseLogProb)} (the base at the row's latent) ${signed(logDet)} (log|det J|) ` +
    `${signed(unitsLogDet)} (the columns' units)${others} = ${nats(logProb)} nats`
  );
}
