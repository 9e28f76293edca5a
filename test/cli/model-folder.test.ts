// A model folder that is damaged, and what logdet info says of one that is not.

import { cpSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fitTinyModel, logdet, temporaryFolder } from "./run.js";

const folder = temporaryFolder();
const good = join(folder, "tiny.logdet");
const damaged = join(folder, "damaged.logdet");

beforeAll(async () => {
  await fitTinyModel(folder);
});

/** Scoring with a damaged copy fails with this message. */
async function expectRefused(
  damage: () => void,
  message: string,
  hint = "Fit the model again",
): Promise<void> {
  rmSync(damaged, { recursive: true, force: true });
  cpSync(good, damaged, { recursive: true });
  damage();
  const { code, stdout, stderr } = await logdet(["score", "damaged.logdet", "tiny.csv"], { cwd: folder });
  expect(stderr).toContain(`error: damaged.logdet, ${message}`);
  expect(stderr).toContain(hint);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
}

const file = (name: string) => join(damaged, name);

function editConfig(edit: (text: string) => string): () => void {
  return () => writeFileSync(file("config.json"), edit(readFileSync(file("config.json"), "utf8")));
}

describe("a model is refused", () => {
  it("when there is none", async () => {
    const { code, stderr } = await logdet(["info", "nowhere.logdet"], { cwd: folder });
    expect(stderr).toContain("error: nowhere.logdet: there is no such model folder");
    expect(code).toBe(1);
  });

  it("when it is a file", async () => {
    const { code, stderr } = await logdet(["sample", "tiny.csv"], { cwd: folder });
    expect(stderr).toContain("error: tiny.csv: this is a file, not a model folder");
    expect(code).toBe(1);
  });

  it("when config.json is missing", () =>
    expectRefused(() => rmSync(file("config.json")), "config.json: the file is missing"));

  it("when model.safetensors is missing", () =>
    expectRefused(() => rmSync(file("model.safetensors")), "model.safetensors: the file is missing"));

  it("when config.json is cut off", () =>
    expectRefused(() => truncateSync(file("config.json"), 200), "config.json: the file is not JSON"));

  it.each([0, 5, 100])("when model.safetensors is cut off after %d bytes", (bytes) =>
    expectRefused(
      () => truncateSync(file("model.safetensors"), bytes),
      "model.safetensors: the file is damaged or not a safetensors file",
    ),
  );

  it("when the last number of model.safetensors is missing", () =>
    expectRefused(
      () => truncateSync(file("model.safetensors"), statSync(file("model.safetensors")).size - 4),
      "model.safetensors: the file is damaged or not a safetensors file",
    ));

  it("when config.json lacks something", () =>
    expectRefused(
      editConfig((text) => text.replace('"columns"', '"colums"')),
      "config.json: the file is not a logdet model's",
    ));

  it("when config.json names a layer that does not exist", () =>
    expectRefused(
      editConfig((text) => text.replace('"type": "linear"', '"type": "quadratic"')),
      'flow, layer 2: there is no bijection of type "quadratic"',
      "A newer logdet may know more.",
    ));

  it("when config.json describes a larger flow than the weights are for", () =>
    expectRefused(
      editConfig((text) => text.replace('"bins": 8', '"bins": 9')),
      "model.safetensors: the tensor bijection.0.widths should be [3, 9], it is [3, 8]",
    ));

  it("when config.json lists another number of columns", () =>
    expectRefused(
      editConfig((text) => {
        const config = JSON.parse(text);
        config.columns.pop();
        return JSON.stringify(config);
      }),
      "config.json, flow: a part has dim 3, but there are 2 columns",
    ));

  it("when a scale in config.json is zero", () =>
    expectRefused(
      editConfig((text) => text.replace(/"scale": [^,]+/, '"scale": 0')),
      "config.json: the file is not a logdet model's",
    ));

  it("when a weight is not a number", () =>
    expectRefused(() => {
      const bytes = readFileSync(file("model.safetensors"));
      bytes.writeFloatLE(Number.NaN, bytes.length - 4);
      writeFileSync(file("model.safetensors"), bytes);
    }, "model.safetensors: the tensor base."));
});

describe("info", () => {
  it("shows columns, layers, training, likelihood and files", async () => {
    const { code, stdout, stderr } = await logdet(["info", "tiny.logdet"], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/this model {2}-?\d+\.\d{3} ± \d+\.\d{3}/);
    expect(stdout).toMatch(/^ {2}count {2}discrete +1 /m);
    expect(stdout).toMatch(/^ {2}a +continuous /m);
    expect(stdout).toMatch(/ linear$/m);
    expect(stdout).toMatch(/^ {2}net +4 layers$/m);
    expect(stdout).toMatch(/rows +300: 229 to train on, 41 held out, 30 set apart/);
    expect(stdout).toMatch(
      /p-values +of combined, density, typicality, latent-norm, prototypes; 30 calibration rows, so 0\.032258 at the least/,
    );
    expect(stdout).toMatch(/^ {2}model\.safetensors +\d+\.\d kB$/m);
    expect(stdout).not.toContain("\u001b");
  });

  it("gives everything as JSON", async () => {
    const { stdout } = await logdet(["info", "tiny.logdet", "--json"], { cwd: folder });
    const info = JSON.parse(stdout);
    const { files, folder: name, calibration, ...config } = info;
    expect(name).toBe("tiny.logdet");
    expect(calibration).toEqual({
      rows: 30,
      statistics: ["combined", "density", "typicality", "latent-norm", "prototypes"],
      smallestPValue: 1 / 31,
    });
    expect(config).toEqual(JSON.parse(readFileSync(join(good, "config.json"), "utf8")));
    for (const { name, bytes } of files) expect(bytes).toBe(statSync(join(good, name)).size);
    expect(files.map(({ name }: { name: string }) => name).sort()).toEqual([
      "README.md",
      "config.json",
      "model.safetensors",
      "onnx/log_prob.onnx",
      "onnx/sample.onnx",
      "report.html",
    ]);
  });

  it("writes to a file with --out", async () => {
    const { code, stdout } = await logdet(["info", "tiny.logdet", "--out", "info.txt"], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(readFileSync(join(folder, "info.txt"), "utf8")).toContain("model.safetensors");
    expect(existsSync(join(good, "info.txt"))).toBe(false);
  });
});

it("lets others than its owner read a model, as the umask says", () => {
  expect(statSync(good).mode & 0o777).toBe(0o777 & ~process.umask());
});
