// The reasons of a row in plain words. By surprise alone: there e to the minus nats is a chance.

import type { ShownReason } from "../../../src/server/studio/anomalies-answers.js";
import { plain } from "./reasons-picture.js";

/** Beside the first, what so few values or fewer reach is told of too. */
const oneIn = 5;
const mostOthers = 2;

/** "1 in 3,300", "40 %": of values given the rest of a row, how many are as unlikely as one of so many nats. */
export function chanceInWords(nats: number): string {
  const chance = Math.exp(-nats);
  if (chance > 1 / oneIn) return `${Math.min(100, Number((100 * chance).toPrecision(2)))} %`;
  if (chance < 1e-6) return "less than 1 in a million";
  return `1 in ${Math.round(Number((1 / chance).toPrecision(2))).toLocaleString("en")}`;
}

const met = ({ column, value, expected }: ShownReason) =>
  `${column} is ${plain(value)}${value === expected ? ", as expected" : ` where ${plain(expected)} was expected`}`;

/**
 * "deck is A where D was expected: of values given the rest of the row, 1 in 3,300 values would be as unlikely."
 *
 * @param reasons by surprise, the strangest first; one at least
 */
export function surpriseInWords([first, ...rest]: readonly ShownReason[]): string {
  const others = rest.slice(0, mostOthers).filter(({ nats }) => Math.exp(nats) >= oneIn);
  const also = others.map((reason) => `${met(reason)} (${chanceInWords(reason.nats)})`).join("; ");
  const chance = chanceInWords(first.nats);
  return (
    `${met(first)}: given the rest of the row, ${chance}${chance.endsWith("%") ? " of" : ""} values would be as unlikely.` +
    `${also && ` Then ${also}.`}`
  );
}
