// The report's colours, each with one value for a light page and one for a dark page.

/** Name of a colour -> [light, dark]. Every pair of a colour and its page reaches a contrast of 4.5 to 1. */
export const palette = {
  page: ["#ffffff", "#14181d"],
  ink: ["#1d2329", "#e3e7eb"],
  muted: ["#5a646e", "#9aa5b0"],
  data: ["#1565a9", "#6cb4f5"],
  model: ["#b5480a", "#ffa25c"],
  low: ["#a3125f", "#ff86bd"],
} as const satisfies Record<string, readonly [light: string, dark: string]>;

export type ColorName = keyof typeof palette;

/** CSS that sets `--page`, `--ink`, ... on the selector, by the reader's colour scheme. */
export function paletteCss(selector: string): string {
  const declare = (scheme: 0 | 1) =>
    Object.entries(palette)
      .map(([name, values]) => `--${name}:${values[scheme]}`)
      .join(";");
  return `${selector}{${declare(0)}}@media (prefers-color-scheme:dark){${selector}{${declare(1)}}}`;
}

/** The colour as a CSS value. */
export function color(name: ColorName): string {
  return `var(--${name})`;
}
