// The choices of a fit beyond its columns: all of them have a default.

import { recipes } from "../../../src/flows/table.js";
import type { RunOptions } from "../../../src/server/studio/fit-answers.js";

/** The choices as they are typed: "" is the default. */
export interface OptionTexts {
  readonly name: string;
  readonly flow: string;
  readonly search: "" | "quick";
  readonly seed: string;
  readonly robust: string;
  readonly calibration: string;
  readonly layers: string;
  readonly epochs: string;
  readonly jitter: string;
}

export const defaultTexts: OptionTexts = {
  ...{
    name: "",
    flow: "",
    search: "",
    seed: "",
    robust: "",
    calibration: "",
    layers: "",
    epochs: "",
    jitter: "",
  },
};

const numberOf = (text: string, factor = 1) => (text.trim() === "" ? undefined : Number(text) * factor);

/** What of the choices the server is told. */
export function optionsOf(texts: OptionTexts): RunOptions {
  const { flow, search, seed, robust, calibration, layers, epochs, jitter } = texts;
  return {
    ...{ flow: flow || undefined, search: search === "quick" ? false : undefined, seed: numberOf(seed) },
    ...{ robust: numberOf(robust, 0.01), calibration: numberOf(calibration, 0.01) },
    ...{ layers: numberOf(layers), epochs: numberOf(epochs), jitter: numberOf(jitter) },
  };
}

interface NumberField {
  readonly key: Exclude<keyof OptionTexts, "name" | "flow" | "search">;
  readonly label: string;
  readonly words: string;
  readonly usual: string;
  readonly least: number;
  readonly most: number;
  readonly step: number | "any";
}

const numbers: readonly NumberField[] = [
  {
    ...{ key: "robust", label: "Odd rows, %", usual: "0", least: 0, most: 49, step: "any" },
    words: "So many rows may be unlike the others: they are not learned. For tables with anomalies in them.",
  },
  {
    ...{ key: "calibration", label: "For p-values, %", usual: "10", least: 0, most: 90, step: "any" },
    words: "Rows set apart, so that “only 1 row in 100 is as strange” can be said.",
  },
  {
    ...{ key: "layers", label: "Dense layers", usual: "chosen", least: 1, most: 64, step: 1 },
    words: "The depth of the net; chosen by held-out rows unless you say.",
  },
  {
    ...{ key: "epochs", label: "Passes", usual: "chosen", least: 0.01, most: 100_000, step: "any" },
    words: "Over the training rows; as many as make 3,000 steps unless you say.",
  },
  {
    ...{ key: "jitter", label: "Noise", usual: "0", least: 0, most: 10, step: "any" },
    words: "Added to every column, in its standard deviations. 0.01 mends columns that determine each other.",
  },
  {
    ...{ key: "seed", label: "Seed", usual: "0", least: -(2 ** 31), most: 2 ** 31 - 1, step: 1 },
    words: "The same seed and table give the same model.",
  },
];

interface OptionFieldsProps {
  readonly texts: OptionTexts;
  /** The model's name if the reader chooses none. */
  readonly usualName: string;
  onChange(texts: OptionTexts): void;
}

export function OptionFields({ texts, usualName, onChange }: OptionFieldsProps) {
  const set = (change: Partial<OptionTexts>) => onChange({ ...texts, ...change });
  return (
    <details className="options">
      <summary>Options: all have a default that suits most tables</summary>
      <div className="option-grid">
        <label>
          Name
          <input
            value={texts.name}
            placeholder={usualName}
            maxLength={200}
            onChange={({ target }) => set({ name: target.value })}
          />
          <span className="note">The model’s folder, beside the table.</span>
        </label>
        <label>
          Search
          <select
            value={texts.search}
            onChange={({ target }) => set({ search: target.value as OptionTexts["search"] })}
          >
            <option value="">several nets, the best or their average</option>
            <option value="quick">quick: one net</option>
          </select>
          <span className="note">Several nets take longer and know the table better.</span>
        </label>
        <label>
          Flow
          <select value={texts.flow} onChange={({ target }) => set({ flow: target.value })}>
            <option value="">as usual</option>
            {Object.values(recipes).map(({ name, summary }) => (
              <option key={name} value={name}>
                {name}: {summary}
              </option>
            ))}
          </select>
          <span className="note">The recipe that the net is built by.</span>
        </label>
        {numbers.map(({ key, label, words, usual, least, most, step }) => (
          <label key={key}>
            {label}
            <input
              type="number"
              value={texts[key]}
              placeholder={usual}
              {...{ min: least, max: most, step }}
              onChange={({ target }) => set({ [key]: target.value })}
            />
            <span className="note">{words}</span>
          </label>
        ))}
      </div>
    </details>
  );
}
