import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openSources, readTexts, writeTable } from "../../src/data/index.js";

const folder = mkdtempSync(join(tmpdir(), "logdet-texts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const first = join(folder, "first.csv");
writeFileSync(first, `id,na'me,x\nA-1,"Ada, ""the"" first",1\nA-2,  ,2.0\nA-3,NA,3\n`);
const second = join(folder, "second.csv");
writeFileSync(second, `x,id,na'me\n4,B-1,${"long ".repeat(100)}\n`);

async function textsOf(paths: string[], names: string[], rows: number[], most?: number) {
  const sources = await openSources(paths);
  try {
    return await readTexts(sources, names, rows, most);
  } finally {
    await sources.close();
  }
}

describe("readTexts", () => {
  it("gives cells as they are written, null where missing, in the order of the question", async () => {
    expect(await textsOf([first], ["na'me", "id"], [2, 0, 1])).toEqual([
      [null, "A-3"],
      ['Ada, "the" first', "A-1"],
      [null, "A-2"],
    ]);
  });

  it("counts rows over several files whose columns stand in another order, and cuts what is long", async () => {
    expect(await textsOf([first, second], ["id", "na'me"], [3, 0], 9)).toEqual([
      ["B-1", "long long"],
      ["A-1", 'Ada, "the'],
    ]);
  });

  it("reads Parquet, numbers as text", async () => {
    const path = join(folder, "rows.parquet");
    const values = Array.from({ length: 5000 }, (_, i) => `row ${i}`);
    const numbers = Float64Array.from({ length: 5000 }, (_, i) => i);
    await writeTable(
      [
        { name: "who", values },
        { name: "n", values: numbers },
      ],
      { path },
    );
    expect(await textsOf([path], ["who", "n"], [4999, 17])).toEqual([
      ["row 4999", "4999"],
      ["row 17", "17"],
    ]);
  });

  it("is nothing where nothing is asked for", async () => {
    expect(await textsOf([first], [], [0, 1])).toEqual([[], []]);
    expect(await textsOf([first], ["id"], [])).toEqual([]);
  });
});
