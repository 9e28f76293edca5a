import { describe, expect, it } from "vitest";
import { LogdetError } from "../../../src/errors.js";
import { whileWorking, withProgress } from "../../../src/server/studio/progress.js";

async function all<T>(pieces: AsyncGenerator<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const piece of pieces) found.push(piece);
  return found;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("work that answers as it goes", () => {
  it("is read piece by piece, none lost, in order", async () => {
    const pieces = whileWorking<number>(async (give) => {
      for (let i = 0; i < 100; i++) {
        give(i);
        if (i % 7 === 0) await turn();
      }
    });
    expect(await all(pieces)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it("tells the last of what it tells faster than is read, and the result", async () => {
    const pieces = withProgress(async (tell) => {
      for (let done = 1; done <= 50; done++) tell({ text: "counted", done, total: 60 });
      await turn();
      await turn();
      for (let done = 51; done <= 60; done++) tell({ text: "counted", done, total: 60 });
      return "done";
    });
    expect(await all(pieces)).toEqual([
      { progress: { text: "counted", done: 50, total: 60 } },
      { progress: { text: "counted", done: 60, total: 60 } },
      { result: "done" },
    ]);
  });

  it("fails as the work does, after what was given before", async () => {
    const pieces = whileWorking<string>(async (give) => {
      give("first");
      throw new LogdetError("data", "the second is missing");
    });
    expect((await pieces.next()).value).toBe("first");
    await expect(pieces.next()).rejects.toMatchObject({ message: "the second is missing" });
  });
});
