// Separations as the studio's pages get them: against the library's own, and from folders that nobody should trust.

import { cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tableFromColumns } from "../../../src/data/index.js";
import { ica, saveSeparation } from "../../../src/ica/index.js";
import { Random } from "../../../src/random/index.js";
import type {
  MixingAnswer,
  SeriesAnswer,
  SourcesAnswer,
} from "../../../src/server/studio/sources-answers.js";
import { expectClose } from "../../helpers/index.js";
import { errorOf } from "../served.js";
import { workplace } from "./workplace.js";

const rows = 5000;
const random = new Random(1);
/** A square wave, noise with heavy tails, uniform noise. */
const truth = [
  Float64Array.from({ length: rows }, (_, i) => (i % 700 < 350 ? 1 : -1)),
  Float64Array.from({ length: rows }, () => (random.normal() * random.normal()) ** 3 / 4),
  Float64Array.from({ length: rows }, () => 3.4 * (random.uniform() - 0.5)),
];
const weights = [
  [1, 0.5, -0.2],
  [0.3, -1, 0.4],
  [0.2, 0.6, 900],
];
const table = tableFromColumns(
  ["left", "right, far", "volume"].map((name, d) => ({
    name,
    values: Float64Array.from({ length: rows }, (_, i) =>
      truth.reduce((sum, source, k) => sum + source[i] * weights[k][d], 0),
    ),
  })),
);
const separation = await ica(table, { starts: 2 });

const place = await workplace(async (folder, around) => {
  mkdirSync(folder);
  await saveSeparation(separation, join(folder, "mixed.ica"));
  await saveSeparation(separation, join(folder, "parquet.ica"), { format: "parquet" });
  const broken = (name: string, edit: (description: Record<string, unknown>) => unknown) => {
    cpSync(join(folder, "mixed.ica"), join(folder, name), { recursive: true });
    const path = join(folder, name, "ica.json");
    writeFileSync(path, JSON.stringify(edit(JSON.parse(readFileSync(path, "utf8")))));
  };
  broken("words.ica", (description) => ({ ...description, rows: "many" }));
  broken("short.ica", (description) => ({
    ...description,
    sources: (description.sources as unknown[]).slice(0, 2),
  }));
  broken("named.ica", (description) => ({ ...description, columns: ["left", "elsewhere"] }));
  broken("curved.ica", ({ converged: _, ...description }) => ({ ...description, contrast: 0.1 }));
  mkdirSync(join(folder, "empty.ica"));
  writeFileSync(join(folder, "empty.ica", "ica.json"), "{");
  // A link that leads out of the folder.
  cpSync(join(folder, "mixed.ica"), join(folder, "linked.ica"), { recursive: true });
  renameSync(join(folder, "linked.ica", "sources.csv"), join(around, "sources.csv"));
  symlinkSync(join(around, "sources.csv"), join(folder, "linked.ica", "sources.csv"));
});

async function answer<T>(path: string, question: unknown): Promise<T> {
  const response = await place.ask(`/api/${path}`, question);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as T;
}

const window = { first: 0, count: 8, from: 1, length: rows };

describe("a separation", () => {
  it("is told as the library found it", async () => {
    const told = await answer<SourcesAnswer>("sources", { name: "mixed.ica" });
    expect(told).toMatchObject({
      ...{ rows, columns: ["left", "right, far", "volume"], isNonlinear: false, hasConverged: true },
      logProb: separation.logProb,
    });
    for (const [i, source] of told.sources.entries()) {
      const { values: _, ...known } = separation.sources[i];
      expect(source).toEqual(known);
    }
    const curved = await answer<SourcesAnswer>("sources", { name: "curved.ica" });
    expect(curved.isNonlinear).toBe(true);
    const listed = (await (await place.get("/api/folder")).json()) as { separations: string[] };
    expect(listed.separations).toContain("mixed.ica");
  });

  it("gives the mixing matrix, and each weight's part of its column", async () => {
    const { sources, columns, size, matrix, shares } = await answer<MixingAnswer>("sources/mixing", {
      ...{ name: "mixed.ica", first: 1, count: 2 },
    });
    expect({ sources, columns, size }).toEqual({
      ...{ sources: ["source_2", "source_3"], columns: ["left", "right, far", "volume"], size: 3 },
    });
    expectClose(matrix.flat(), separation.mixing.subarray(3), { relative: 1e-9 });
    const all = await answer<MixingAnswer>("sources/mixing", { name: "mixed.ica", first: 0, count: 16 });
    for (const d of [0, 1, 2]) expect(Math.hypot(...all.shares.map((row) => row[d]))).toBeCloseTo(1, 9);
    expect(shares).toEqual(all.shares.slice(1));
  });

  it("gives every row of a short window, and of a long one the extremes of its stretches", async () => {
    const short = await answer<SeriesAnswer>("sources/series", {
      ...{ ...window, name: "mixed.ica", from: 301, length: 40 },
    });
    expect(short.places).toEqual(Array.from({ length: 40 }, (_, i) => 301 + i));
    for (const [k, { low, high }] of short.sources.entries()) {
      expectClose(low, separation.sources[k].values.subarray(300, 340), { relative: 1e-4 });
      expect(high).toEqual(low);
    }
    for (const name of ["mixed.ica", "parquet.ica"]) {
      const { places, sources } = await answer<SeriesAnswer>("sources/series", { ...window, name });
      expect(places).toHaveLength(1000);
      for (const [k, { low, high }] of sources.entries()) {
        const { values } = separation.sources[k];
        // Five rows a stretch.
        const stretch = (i: number) => Array.from(values.subarray(5 * i, 5 * i + 5));
        expectClose(
          low,
          places.map((_, i) => Math.min(...stretch(i))),
          { relative: 1e-4 },
        );
        expectClose(
          high,
          places.map((_, i) => Math.max(...stretch(i))),
          { relative: 1e-4 },
        );
      }
    }
  });

  it("counts all rows in histograms, those beyond their ends apart", async () => {
    const { edges, sources } = await answer<SeriesAnswer>("sources/series", {
      ...{ ...window, name: "mixed.ica", length: 10 },
    });
    for (const [k, { histogram, beyond }] of sources.entries()) {
      const { values } = separation.sources[k];
      const between = (from: number, to: number) => values.filter((x) => x >= from && x < to).length;
      const width = edges[1] - edges[0];
      expect(beyond).toBe(rows - between(edges[0], edges[edges.length - 1]));
      expectClose(
        histogram.map((height) => height * width * rows),
        edges.slice(0, -1).map((from, i) => between(from, edges[i + 1])),
        // Values on an edge may go to either side.
        { absolute: 1.001 },
      );
    }
    expect(sources.some(({ beyond }) => beyond > 0)).toBe(true);
  });

  it("keeps a window within the rows", async () => {
    const late = await answer<SeriesAnswer>("sources/series", {
      ...{ ...window, name: "mixed.ica", from: rows - 5, length: 100 },
    });
    expect([late.from, late.length]).toEqual([rows - 5, 6]);
    const beyond = await answer<SeriesAnswer>("sources/series", {
      ...{ ...window, name: "mixed.ica", from: 10 * rows },
    });
    expect([beyond.from, beyond.length]).toEqual([rows, 1]);
  });
});

describe("a folder that is no separation, or not a whole one", () => {
  const refused = async (path: string, question: unknown) => {
    const response = await place.ask(`/api/${path}`, question);
    return [response.status, await errorOf(response)] as const;
  };

  it("is told what is wrong with it", async () => {
    for (const name of ["words.ica", "empty.ica"])
      expect(await refused("sources", { name })).toEqual([
        400,
        expect.stringMatching(/ica\.json is not as logdet ica writes it.*--force/),
      ]);
    expect(await refused("sources/mixing", { name: "short.ica", first: 0, count: 2 })).toEqual([
      400,
      expect.stringContaining("mixing.csv has 3 rows, one a source would be 2"),
    ]);
    expect(await refused("sources/mixing", { name: "named.ica", first: 0, count: 2 })).toEqual([
      400,
      expect.stringContaining("elsewhere"),
    ]);
  });

  it("is not looked for outside of the studio's folder", async () => {
    for (const name of ["../mixed.ica", "/etc", "..", ".hidden"])
      expect((await refused("sources", { name }))[0]).toBe(403);
    expect((await refused("sources", { name: "none.ica" }))[0]).toBe(404);
    expect((await refused("sources/series", { ...window, name: "linked.ica" }))[0]).toBe(403);
  });

  it("takes no questions beyond its sources, or of another shape", async () => {
    expect((await refused("sources/series", { ...window, name: "mixed.ica", first: 3 }))[0]).toBe(404);
    for (const wrong of [
      { count: 17 },
      { from: 0 },
      { length: 0 },
      { first: -1 },
      { length: 1e10 },
      { more: 1 },
    ])
      expect((await refused("sources/series", { ...window, name: "mixed.ica", ...wrong }))[0]).toBe(400);
  });
});
