// What every lab has, how a run ends, and the files that it leaves.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import type { Lab, LabOptions } from "../../src/lab/lab.js";
import { prepareFolder, toCsv, writeReport } from "../../src/lab/output.js";
import { pngDataUri } from "../../src/lab/png.js";
import { runLab } from "../../src/lab/run.js";
import { labNamed, labs } from "../../src/lab/table.js";
import { version } from "../../src/version.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "logdet-lab-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options: LabOptions = { full: false, smoke: true, seed: 3, threads: 1 };
const coin: Lab = {
  name: "coin",
  claim: "A coin has two sides.",
  source: "Bernoulli, 1713",
  duration: "1 s",
  run: async () => ({
    held: true,
    verdict: "It has 2.",
    figures: [{ side: "heads", share: 0.5 }],
    svg: "<svg/>",
  }),
};

describe("every lab", () => {
  it.each(Object.entries(labs))(
    "%s says what it claims, where that is from and how long it takes",
    (name, lab) => {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(lab.name).toBe(name);
      expect(lab.claim, "a sentence").toMatch(/^[A-Z].+\.$/);
      expect(lab.source).toMatch(/\d{4}/);
      expect(lab.duration).toMatch(/^\d+ (s|min)$/);
    },
  );

  it.each(Object.keys(labs))(
    "%s has a page, a place in the list of pages, and a test of its verdict",
    (name) => {
      expect(existsSync(`${root}docs/lab/${name}.md`)).toBe(true);
      expect(readFileSync(`${root}docs/lab/README.md`, "utf8")).toContain(`[${name}](${name}.md)`);
      expect(existsSync(`${root}test/lab/${name}.test.ts`)).toBe(true);
    },
  );

  it("is found by its name, and by no other", () => {
    expect(labNamed("toys")).toBe(labs.toys);
    for (const name of ["toy", "toString"])
      expect(() => labNamed(name)).toThrow(
        expect.objectContaining({ code: "usage", message: `there is no lab named ${name}` }),
      );
  });
});

describe("a run", () => {
  it("becomes a report of everything but the picture", async () => {
    const { report, svg } = await runLab(coin, options);
    expect(report).toEqual({
      ...{ lab: "coin", claim: "A coin has two sides.", source: "Bernoulli, 1713" },
      ...{ held: true, verdict: "It has 2.", figures: [{ side: "heads", share: 0.5 }] },
      ...{ size: "smoke", seed: 3, threads: 1, seconds: expect.any(Number), version },
    });
    expect(svg).toBe("<svg/>");
  });

  it("that was stopped has no verdict, whether it throws or returns", async () => {
    const aborted = { ...options, signal: AbortSignal.abort() };
    const throwing: Lab = {
      ...coin,
      run: async ({ signal }) => {
        signal?.throwIfAborted();
        return coin.run(options);
      },
    };
    for (const lab of [coin, throwing])
      await expect(runLab(lab, aborted)).rejects.toMatchObject({ code: "interrupted" });
  });

  it("that fails, fails as it did", async () => {
    const failure = new Error("the coin rolled away");
    const failing: Lab = { ...coin, run: () => Promise.reject(failure) };
    await expect(runLab(failing, options)).rejects.toBe(failure);
  });
});

describe("the files of a lab", () => {
  it("are picture, table and report, and give way to those of the next run", async () => {
    const place = join(folder, "above", "results");
    for (const seed of [1, 2]) {
      await prepareFolder(place, "coin", false);
      const { report, svg } = await runLab(coin, { ...options, seed });
      const files = await writeReport(place, report, svg);
      expect(files).toEqual(["svg", "csv", "json"].map((extension) => join(place, `coin.${extension}`)));
      expect(readFileSync(files[0], "utf8")).toBe("<svg/>");
      expect(readFileSync(files[1], "utf8")).toBe("side,share\nheads,0.5\n");
      expect(JSON.parse(readFileSync(files[2], "utf8"))).toEqual(report);
    }
    expect(readdirSync(place).sort()).toEqual(["coin.csv", "coin.json", "coin.svg"]);
  });

  it("do not replace what is no lab's, unless forced", async () => {
    const drawing = join(folder, "coin.svg");
    writeFileSync(drawing, "years of work");
    await expect(prepareFolder(folder, "coin", false)).rejects.toMatchObject({
      code: "io",
      where: [drawing],
    });
    writeFileSync(join(folder, "coin.json"), '{ "price": 3 }');
    await expect(prepareFolder(folder, "coin", false)).rejects.toMatchObject({ code: "io" });
    expect(readFileSync(drawing, "utf8")).toBe("years of work");
    await prepareFolder(folder, "coin", true);
  });

  it("need a folder that can be written, which is known before the run", async () => {
    const file = join(folder, "file.txt");
    writeFileSync(file, "");
    for (const place of [file, join(file, "below"), "/proc/here"])
      await expect(prepareFolder(place, "coin", false)).rejects.toMatchObject({ code: "io", where: [place] });
  });
});

it("figures become CSV with every column that any row has, quoted where needed", () => {
  expect(
    toCsv([
      { net: "a, b", nats: -1.5, failed: false },
      { net: 'the "best"', nats: null, rows: 3 },
    ]),
  ).toBe('net,nats,failed,rows\n"a, b",-1.5,false,\n"the ""best""",,,3\n');
});

it("a grid becomes a PNG whose pixels are its opacities", () => {
  const png = Buffer.from(pngDataUri([0, 0.5, 1, -1, 2, 0.2], 3, [10, 20, 30]).split(",")[1], "base64");
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([3, 2]);
  const start = png.indexOf("IDAT");
  const data = png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4));
  expect([...inflateSync(data)]).toEqual([0, 0, 128, 255, 0, 0, 255, 51]);
  // The checksum of an empty IEND is the same in every PNG.
  expect(png.subarray(-4).toString("hex")).toBe("ae426082");
});
