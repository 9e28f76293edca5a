// Folders that appear whole or not at all, and what may be replaced by one.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkWritable, exists, fileError, writeFolder } from "../../src/model/folder.js";

const root = await mkdtemp(join(tmpdir(), "logdet-folder-"));
afterAll(() => rm(root, { recursive: true }));
let folders = 0;
const fresh = () => join(root, `folder ${++folders}`);

describe("a place to save to", () => {
  it("is fine where nothing is yet, however deep, and nothing is left there by looking", async () => {
    const parent = fresh();
    await checkWritable(join(parent, "a", "model"), false);
    expect(await readdir(join(parent, "a"))).toEqual([]);
  });

  it("with a model in it, whole or damaged, needs force", async () => {
    for (const names of [["model.safetensors", "notes.txt"], ["config.json"], []]) {
      const folder = fresh();
      await mkdir(folder);
      for (const name of names) await writeFile(join(folder, name), "");
      await expect(checkWritable(folder, false)).rejects.toMatchObject({ code: "io", where: [folder] });
      await checkWritable(folder, true);
    }
  });

  it("with anything else in it is refused, force or not", async () => {
    const folder = fresh();
    await mkdir(folder);
    await writeFile(join(folder, "thesis.tex"), "years of work");
    for (const force of [false, true])
      await expect(checkWritable(folder, force)).rejects.toMatchObject({ code: "io", where: [folder] });
    await expect(checkWritable(join(folder, "thesis.tex"), true)).rejects.toMatchObject({ code: "io" });
    await expect(checkWritable(join(folder, "thesis.tex", "x"), true)).rejects.toMatchObject({ code: "io" });
  });
});

describe("writing a folder", () => {
  it("replaces the whole of an old one", async () => {
    const folder = fresh();
    await writeFolder(folder, { "a.txt": "old", "b/c.bin": Uint8Array.of(1, 2) });
    await writeFolder(folder, { "a.txt": "new" });
    expect(await readdir(folder)).toEqual(["a.txt"]);
    expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("new");
  });
});

describe("errors of the file system", () => {
  it("are told in words", () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    expect(fileError(full, "the model cannot be saved", "m.logdet", "Make room.")).toMatchObject({
      code: "io",
      message: "the model cannot be saved: the disk is full",
      where: ["m.logdet"],
      hint: "Make room.",
      cause: full,
    });
    const odd = Object.assign(new Error("EWHATEVER: odd"), { code: "EWHATEVER" });
    expect(fileError(odd, "cannot be read", "x").message).toBe("cannot be read: EWHATEVER: odd");
  });

  it("other than absence are not taken for it", async () => {
    expect(await exists(join(root, "nothing"))).toBe(false);
    await expect(exists(`${root}/a\u0000b`)).rejects.toMatchObject({ code: "io" });
  });
});
