// A number that the reader types: taken when the field is left or Enter pressed, so that no half-typed one counts.

import { useEffect, useState } from "react";

interface NumberFieldProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly min: number;
  readonly max: number;
  readonly isWhole?: boolean;
  readonly placeholder?: string;
  /** Called with numbers between min and max alone. */
  onChoose(value: number): void;
}

export function NumberField(props: NumberFieldProps) {
  const { label, value, min, max, isWhole = false, placeholder, onChoose } = props;
  const shown = value === undefined ? "" : String(value);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const take = () => {
    const number = Number(text);
    const fits =
      text.trim() !== "" && number >= min && number <= max && (!isWhole || Number.isInteger(number));
    if (!fits) setText(shown);
    else if (text !== shown) onChoose(number);
  };
  return (
    <label>
      {label}
      <input
        type="text"
        inputMode="decimal"
        value={text}
        placeholder={placeholder}
        onChange={({ target }) => setText(target.value)}
        onBlur={take}
        onKeyDown={({ key }) => {
          if (key === "Enter") take();
        }}
      />
    </label>
  );
}
