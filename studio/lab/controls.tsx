// The choices of a run, and the buttons that start and stop it.

import type { FormEvent, ReactNode } from "react";
import { activations, densityNames, limits, ruleNames, type Settings, usualNoise } from "./settings.js";

/** The choices as they are made: the second rule may be left out. */
export interface Choices {
  readonly settings: Settings;
  readonly first: string;
  readonly second: string;
}

/** The choice of no second run. */
export const none = "";

interface ControlsProps {
  readonly choices: Choices;
  readonly onChange: (choices: Choices) => void;
  /** While runs are under way nothing can be chosen. */
  readonly isActive: boolean;
  readonly isPaused: boolean;
  readonly hasRuns: boolean;
  readonly onStart: () => void;
  readonly onPause: () => void;
  readonly onResume: () => void;
  readonly onStop: () => void;
  readonly onReset: () => void;
}

export function Controls({ choices, onChange, isActive, isPaused, hasRuns, ...on }: ControlsProps) {
  const { settings, first, second } = choices;
  const set = (change: Partial<Settings>) => onChange({ ...choices, settings: { ...settings, ...change } });
  const start = (event: FormEvent) => {
    event.preventDefault();
    on.onStart();
  };
  return (
    <form className="controls" onSubmit={start}>
      <fieldset disabled={isActive}>
        <legend>Data</legend>
        <Choice
          label="Density"
          value={settings.density}
          options={densityNames}
          onChoose={(density) => set({ density, noise: usualNoise(density) })}
        />
        <NumberField label="Rows" name="rows" settings={settings} set={set} />
        <NumberField label="Noise" name="noise" settings={settings} set={set} />
        <NumberField label="Seed" name="seed" settings={settings} set={set} />
      </fieldset>
      <fieldset disabled={isActive}>
        <legend>Flow</legend>
        <NumberField label="Dense layers" name="layers" settings={settings} set={set} />
        <Choice
          label="Activation"
          value={settings.activation}
          options={activations}
          onChoose={(activation) => set({ activation: activation as Settings["activation"] })}
        />
      </fieldset>
      <fieldset disabled={isActive}>
        <legend>Training</legend>
        <Choice
          label="Jacobian rule"
          value={first}
          options={ruleNames}
          onChoose={(rule) => onChange({ ...choices, first: rule })}
        />
        <Choice
          label="Beside it"
          value={second}
          options={[none, ...ruleNames]}
          onChoose={(rule) => onChange({ ...choices, second: rule })}
        />
        <NumberField label="Learning rate" name="learningRate" settings={settings} set={set} />
        <NumberField label="Steps" name="steps" settings={settings} set={set} />
        <Choice
          label="Arithmetic"
          value={settings.float}
          options={["float32", "float64"]}
          words={{ float64: "float64, ONNX" }}
          onChoose={(float) => set({ float: float as Settings["float"] })}
        />
      </fieldset>
      <div className="buttons">
        {!isActive && (
          <button type="submit" className="main">
            Start
          </button>
        )}
        {isActive && !isPaused && (
          <button type="button" className="main" onClick={on.onPause}>
            Pause
          </button>
        )}
        {isPaused && (
          <button type="button" className="main" onClick={on.onResume}>
            Go on
          </button>
        )}
        <button type="button" disabled={!isActive} onClick={on.onStop}>
          Stop
        </button>
        <button type="button" disabled={!hasRuns} onClick={on.onReset}>
          Reset
        </button>
      </div>
    </form>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  /** What an option is called where its own name says too little. */
  readonly words?: Readonly<Record<string, string>>;
  readonly onChoose: (value: string) => void;
}

export function Choice({ label, value, options, words = {}, onChoose }: ChoiceProps) {
  return (
    <Labelled label={label}>
      <select value={value} onChange={({ target }) => onChoose(target.value)}>
        {options.map((option) => (
          <option key={option} value={option}>
            {words[option] ?? (option === none ? "nothing" : option)}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly name: keyof typeof limits;
  readonly settings: Settings;
  readonly set: (change: Partial<Settings>) => void;
}

/** The form itself refuses what is out of range when it is sent. */
function NumberField({ label, name, settings, set }: NumberFieldProps) {
  const value = settings[name];
  return (
    <Labelled label={label}>
      <input
        type="number"
        inputMode="decimal"
        required
        {...limits[name]}
        value={Number.isNaN(value) ? "" : value}
        onChange={({ target }) => set({ [name]: target.valueAsNumber })}
      />
    </Labelled>
  );
}

function Labelled({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label>
      <span>{label}</span>
      {children}
    </label>
  );
}
