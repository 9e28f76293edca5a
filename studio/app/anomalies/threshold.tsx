// Where the line is drawn: by the share of false alarms among normal rows, or among the flagged.

import { useId, useMemo } from "react";
import type { AnomaliesAnswer } from "../../../src/server/studio/anomalies-answers.js";
import { NumberField } from "../number-field.js";
import { type Decision, rateInWords, stopsOf, type Way } from "./decision.js";

interface ThresholdProps {
  readonly answer: AnomaliesAnswer;
  readonly decision: Decision;
  onWay(way: Way): void;
  onRate(rate: number): void;
}

const ways: Readonly<Record<Way, string>> = {
  alpha: "of normal rows, flag at most …",
  fdr: "of flagged rows, at most … normal",
};

export function Threshold({ answer, decision, onWay, onRate }: ThresholdProps) {
  const { way, rate, threshold } = decision;
  const { levels } = answer;
  const id = useId();
  const stops = useMemo(() => stopsOf(levels), [levels]);
  const place = Math.max(
    0,
    stops.findLastIndex(({ p }) => p <= rate * (1 + 1e-9)),
  );
  return (
    <fieldset>
      <legend>False alarms</legend>
      {(Object.keys(ways) as Way[]).map((name) => (
        <label key={name} className="way">
          <input type="radio" name={id} checked={way === name} onChange={() => onWay(name)} />
          {ways[name]}
        </label>
      ))}
      {way === "alpha" && (
        <label>
          Rate
          <input
            type="range"
            min={0}
            max={stops.length - 1}
            step={1}
            value={place}
            aria-valuetext={rateInWords(threshold || rate)}
            onChange={({ target }) => onRate(stops[Number(target.value)].p)}
          />
        </label>
      )}
      <NumberField
        label={way === "alpha" ? "As a number" : "Rate"}
        value={Number(rate.toPrecision(3))}
        min={way === "alpha" ? (levels[0]?.p ?? 0) : 0}
        max={way === "alpha" ? 1 : 0.5}
        onChoose={onRate}
      />
    </fieldset>
  );
}
