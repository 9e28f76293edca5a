import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const source = fileURLToPath(new URL("../src/", import.meta.url));

/** docs/architecture.md, "The rooms": imports point up this list only. */
const rooms = [
  ["errors.ts", "random", "version.ts"],
  ["tensor", "kernels"],
  ["onnx"],
  ["runtime"],
  ["bijections"],
  ["distributions", "jacobian"],
  ["flows", "optimizers", "data"],
  ["training"],
  ["energy"],
  ["model"],
  ["explain"],
  ["fit"],
  ["drift"],
  ["lab", "ica"],
  ["server"],
  ["cli", "index.ts"],
];

const roomOf = (path: string) => relative(source, path).split("/")[0];
const floorOf = (room: string) => rooms.findIndex((names) => names.includes(room));

/** Every file of the source with the files that it imports, types included. */
const imports = new Map(
  readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name): [string, string[]] => {
      const file = join(source, name);
      const targets = readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g);
      return [file, Array.from(targets, ([, target]) => join(file, "..", target).replace(/\.js$/, ".ts"))];
    }),
);

it("keeps imports pointing from upper rooms to lower ones, never back", () => {
  const wrong: string[] = [];
  expect(imports.size).toBeGreaterThan(100);
  for (const [file, targets] of imports)
    for (const target of targets) {
      const [from, to] = [roomOf(file), roomOf(target)];
      if (from === to) continue;
      expect(floorOf(from), `${from} is a room that the plan does not know`).toBeGreaterThanOrEqual(0);
      expect(floorOf(to), `${to} is a room that the plan does not know`).toBeGreaterThanOrEqual(0);
      if (floorOf(to) >= floorOf(from)) wrong.push(`${relative(source, file)} imports ${target}`);
    }
  expect(wrong).toEqual([]);
});

it("has no circle of files that import each other", () => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    expect(path, "a circle").not.toContain(file);
    if (done.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
});
