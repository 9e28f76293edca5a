// The command line of a benchmark, and what it prints.

import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Numbers and words by option name; every benchmark has --json. */
  readonly json: boolean;
  number(name: string): number;
  numbers(name: string): number[];
  text(name: string): string | undefined;
  words(name: string): string[];
}

/** Parses `--name value` options; `defaults` lists those there are, as text (undefined: no default). */
export function benchOptions(defaults: Readonly<Record<string, string | undefined>>): BenchOptions {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      ...Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: "string" as const }])),
    },
  });
  const given: Readonly<Record<string, string | boolean | undefined>> = values;
  const text = (name: string) => {
    const value = given[name] ?? defaults[name];
    return typeof value === "string" ? value : undefined;
  };
  const words = (name: string) => (text(name) ?? "").split(",").filter((word) => word !== "");
  return {
    json: values.json === true,
    text,
    words,
    number: (name) => Number(text(name)),
    numbers: (name) => words(name).map(Number),
  };
}

/** Prints rows as one JSON array, or as an aligned table. */
export function printRows(rows: readonly Readonly<Record<string, unknown>>[], json: boolean): void {
  if (json) {
    console.log(JSON.stringify(rows, undefined, 1));
    return;
  }
  for (const line of alignedLines(rows)) console.log(line);
}

/** Rows as an aligned table: the names of their values, then a line a row. */
export function alignedLines(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  const names = Object.keys(rows[0] ?? {});
  const cell = (value: unknown) =>
    typeof value === "number" ? String(Number(value.toPrecision(4))) : value === null ? "-" : String(value);
  const lines = [names, ...rows.map((row) => names.map((name) => cell(row[name])))];
  const widths = names.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines.map((line) => line.map((text, i) => text.padStart(widths[i])).join("  "));
}
