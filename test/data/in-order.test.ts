import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { inOrder, openSources, readTable } from "../../src/data/index.js";

const folder = mkdtempSync(join(tmpdir(), "logdet-in-order-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "rows.csv");
writeFileSync(
  path,
  "when,n,x,kind\n2024-03-02,3,10,a\n2024-02-29,1,20,b\n2024-12-31,2,30,a\n2023-01-01,1,,b\n2024-01-05,0,50,a\n",
);

async function ordered(by: string) {
  const sources = await openSources([path]);
  try {
    const table = await readTable(sources, { columns: ["x"], missing: "drop" });
    const { table: found, keys } = await inOrder(table, sources, by);
    return { x: [...found.columns[0].values], rowIndex: [...(found.rowIndex ?? [])], keys };
  } finally {
    await sources.close();
  }
}

describe("inOrder", () => {
  it("sorts rows by dates of another column, and keeps their places in the file", async () => {
    expect(await ordered("when")).toEqual({
      x: [50, 20, 10, 30],
      rowIndex: [4, 1, 0, 2],
      keys: ["2024-01-05", "2024-02-29", "2024-03-02", "2024-12-31"],
    });
  });

  it("sorts by numbers", async () => {
    expect(await ordered("n")).toMatchObject({ x: [50, 20, 30, 10], keys: [0, 1, 2, 3] });
  });

  it("refuses categories", async () => {
    await expect(ordered("kind")).rejects.toMatchObject({
      code: "data",
      message: expect.stringMatching(/neither numbers nor dates/),
    });
  });
});
