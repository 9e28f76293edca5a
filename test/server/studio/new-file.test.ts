// A file's move to a free name: nothing is replaced, with and without links.

import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { moveToNew } from "../../../src/server/studio/new-file.js";

const { link } = vi.hoisted(() => ({ link: vi.fn() }));
vi.mock("node:fs/promises", async (original) => ({ ...(await original<object>()), link }));

const folder = mkdtempSync(join(tmpdir(), "logdet-new-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
const [from, to] = [join(folder, ".part"), join(folder, "rows.csv")];

describe.each([
  ["with links", async (a: string, b: string) => linkSync(a, b)],
  [
    "without links",
    async () => {
      throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });
    },
  ],
] as const)("%s", (_, linked) => {
  beforeEach(() => {
    link.mockImplementation(linked);
    rmSync(to, { force: true });
    writeFileSync(from, "a\n1\n");
  });

  it("a file has its new name, and no longer the old one", async () => {
    await moveToNew(from, to);
    expect(readFileSync(to, "utf8")).toBe("a\n1\n");
    expect(existsSync(from)).toBe(false);
  });

  it("a file that has the name already is not replaced", async () => {
    writeFileSync(to, "older");
    await expect(moveToNew(from, to)).rejects.toMatchObject({ code: "EEXIST" });
    expect(readFileSync(to, "utf8")).toBe("older");
    expect(existsSync(from)).toBe(true);
  });
});
