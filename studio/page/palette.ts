// The report's colours as CSS variables of the page, and as plain values for files that leave it.

import { type ColorName, palette } from "../../src/model/report/palette.js";

export { type ColorName, color } from "../../src/model/report/palette.js";

/** Sets `--page`, `--ink` and so on for the whole page; which of the two values counts follows `color-scheme`. */
export function applyPalette(): void {
  for (const [name, [light, dark]] of Object.entries(palette))
    document.documentElement.style.setProperty(`--${name}`, `light-dark(${light}, ${dark})`);
}

/** What a colour is at the moment, as `rgb(…)`. */
export function currentValue(name: ColorName): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

export const colorNames = Object.keys(palette) as ColorName[];
