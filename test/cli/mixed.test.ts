// Tables of anything, from the command line: dates, categories, truth values, identifiers, text, missing cells; and new
// rows that are not as the model's were.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/random/index.js";
import { csv, logdet, temporaryFolder } from "./run.js";

const folder = temporaryFolder();
const columns = ["id", "when", "kind", "alive", "height", "rings", "note"];
const kinds = [
  { name: "birch", height: 8 },
  { name: "oak", height: 12 },
  { name: "pine", height: 20 },
];

/** Trees that somebody looked at by day, to the minute; some kinds and heights are missing. */
function trees(rows: number): (string | number)[][] {
  const random = new Random(5);
  return Array.from({ length: rows }, (_, i) => {
    const kind = kinds[random.integer(kinds.length)];
    const minute = 480 + random.integer(600);
    const when = new Date(Date.UTC(2024, 0, 1 + random.integer(200), 0, minute)).toISOString();
    return [
      i + 1,
      when.slice(0, 19),
      random.uniform() < 0.05 ? "" : kind.name,
      random.uniform() < 0.7 ? "yes" : "no",
      random.uniform() < 0.1 ? "" : (kind.height + random.normal()).toFixed(3),
      3 + random.integer(80),
      `found near the ${i}. path, in good light`,
    ];
  });
}

/** The cells of a CSV file by column; none of these files has quotes. */
function cellsOf(text: string): Record<string, string[]> {
  const [header, ...lines] = text.trimEnd().split("\n");
  const rows = lines.map((line) => line.split(","));
  return Object.fromEntries(header.split(",").map((name, d) => [name, rows.map((row) => row[d])]));
}

let notices: readonly string[] = [];

beforeAll(async () => {
  writeFileSync(join(folder, "trees.csv"), csv(columns, trees(300)).replaceAll("light\n", "light\n"));
});
