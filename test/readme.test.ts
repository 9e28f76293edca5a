import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../src/random/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

describe("README.md", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "logdet-readme-"));
    const random = new Random(3);
    const lines = Array.from({ length: 400 }, () => {
      const a = random.normal();
      return `${a},${2 * a + random.normal()}`;
    });
    for (const name of ["measurements.csv", "new.csv"])
      writeFileSync(join(folder, name), ["pressure,flow", ...lines].join("\n"));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  /** Commands of a part of the README, as they are typed. */
  const commandsIn = (text: string) =>
    [...text.matchAll(/^ {4}(npx logdet .*)$/gm)].map(([, line]) => line.replace(/ +#.*$/, ""));

  /** What they print. */
  function runCommands(text: string): string[] {
    return commandsIn(text).map((command) => {
      // npx would look in a registry; this is the same command line on the build at hand, from another folder.
      const local = command
        .replace("npx logdet", `"${process.execPath}" "${join(root, "dist/cli/main.js")}"`)
        .replace(" node_modules/", ` ${join(root, "node_modules")}/`);
      const { status, stdout, stderr } = spawnSync("sh", ["-c", local], { cwd: folder, encoding: "utf8" });
      expect(status, `${command}\n${stderr}`).toBe(0);
      return stdout;
    });
  }

  /** The text under a heading. */
  const section = (title: string) =>
    readme.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? "";

  it("gives commands that work as they are written", () => {
    expect(runCommands(section("Your own table"))).toHaveLength(4);
    // And one more, below.
    expect(commandsIn(readme)).toHaveLength(5);
    expect(readFileSync(join(folder, "scored.csv"), "utf8").split("\n")[0]).toBe(
      "pressure,flow,log_prob,p_value",
    );
    expect(readFileSync(join(folder, "drawn.csv"), "utf8").trim().split("\n")).toHaveLength(1001);
    for (const name of ["report.html", "README.md", "config.json", "model.safetensors", "onnx/log_prob.onnx"])
      expect(existsSync(join(folder, "measurements.logdet", name)), name).toBe(true);
  });

  it("finds the strange rows that it says it finds, for the reasons that it says", () => {
    const text = section("Find the strange rows, and why");
    const [printed] = runCommands(text);
    const [, told] = text.match(/```\n(row [\s\S]*?)```/) ?? [];
    const printedLines = printed.split("\n");
    expect(printedLines.filter((line) => line.startsWith("row "))).toHaveLength(25);
    const toldLines = told
      .trimEnd()
      .split("\n")
      .filter((line) => line.trim() !== "…");
    expect(toldLines.length).toBeGreaterThanOrEqual(6);
    // To the letter: where the recipe changes, so must the page.
    for (const line of toldLines) expect(printedLines).toContain(line);
    const [header, ...lines] = readFileSync(join(folder, "judged.csv"), "utf8").trimEnd().split("\n");
    expect(header).toMatch(/,log_prob,p_value,is_anomaly,reasons$/);
    expect(lines).toHaveLength(344);
    expect(lines[336]).toMatch(/^Gentoo,Biscoe,44.5,15.7,217,4875,\.,.*,true,/);
  }, 240_000);

  it("shows a library example that runs", () => {
    const [, code] = readme.match(/```js\n([\s\S]*?)```/) ?? [];
    const data = `const height = Float64Array.from({ length: 300 }, (_, i) => 170 + 10 * Math.sin(i * i));
      const weight = height.map((h, i) => h - 100 + 5 * Math.cos(i * 3.7));`;
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const local = code.replace('"logdet"', JSON.stringify(join(root, "dist/index.js")));
    writeFileSync(join(folder, "example.mjs"), `${local.replace(/(import .*\n)/, `$1${data}\n`)}`);
    execFileSync(process.execPath, ["example.mjs"], { cwd: folder });
    expect(existsSync(join(folder, "people.logdet", "config.json"))).toBe(true);
  });

  it("links to files that exist", () => {
    for (const [, target] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g))
      expect(existsSync(join(root, target)), target).toBe(true);
  });
});

describe("examples", () => {
  for (const name of readdirSync(join(root, "examples")).filter((file) => file.endsWith(".mjs")))
    it(`${name} runs`, () => {
      const printed = execFileSync(process.execPath, [join(root, "examples", name)], { encoding: "utf8" });
      expect(printed).toMatch(/nats/);
      expect(printed).not.toMatch(/NaN|undefined|Infinity/);
    });
});
