// Choosing a model, a table or anything else from a list.

import { useFolder } from "./folder.js";

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly T[];
  /** What is shown for an option; itself if nothing. */
  readonly words?: Readonly<Partial<Record<T, string>>>;
  readonly isDisabled?: boolean;
  onChoose(value: T): void;
}

/** A labelled list. */
export function Choice<T extends string>(props: ChoiceProps<T>) {
  const { label, value, options, words = {}, isDisabled = false, onChoose } = props;
  return (
    <label>
      {label}
      <select value={value} disabled={isDisabled} onChange={({ target }) => onChoose(target.value as T)}>
        {options.map((option) => (
          <option key={option} value={option}>
            {(words as Readonly<Record<string, string>>)[option] ?? option}
          </option>
        ))}
      </select>
    </label>
  );
}

interface PickerProps {
  readonly label?: string;
  readonly value: string | undefined;
  /** Words for choosing nothing, where that can be chosen. */
  readonly none?: string;
  onChoose(name: string): void;
}

export function ModelPicker({ label = "Model", value, onChoose }: PickerProps) {
  const { folder } = useFolder();
  const names = folder?.models.map(({ name }) => name) ?? [];
  return <Choice label={label} value={value ?? ""} options={names} onChoose={onChoose} />;
}

/** Chooses "" for nothing. */
export function TablePicker({ label = "Table", value, none, onChoose }: PickerProps) {
  const { folder } = useFolder();
  const names = folder?.tables.map(({ name }) => name) ?? [];
  const options = none !== undefined || value === undefined ? ["", ...names] : names;
  return (
    <Choice
      label={label}
      value={value ?? ""}
      options={options}
      words={{ "": none ?? "choose one" }}
      onChoose={onChoose}
    />
  );
}
