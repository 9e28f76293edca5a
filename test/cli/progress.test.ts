// The bar, the lines, and the words that numbers become.

import { WriteStream } from "node:tty";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defaultFolder } from "../../src/cli/fit.js";
import {
  alignPairs,
  alignTable,
  formatBytes,
  formatNats,
  formatSeconds,
  shellWord,
  wrap,
} from "../../src/cli/format.js";
import { Progress } from "../../src/cli/progress.js";

const ESC = "\u001b";

/** A stream that remembers what was written to it. */
function stream({ isTTY, columns = 80 }: { isTTY: boolean; columns?: number }) {
  const written: string[] = [];
  const fake = {
    isTTY,
    columns,
    write: (text: string) => written.push(text),
    // Node's own answer for this terminal, whatever machine the test runs on.
    getColorDepth: () =>
      WriteStream.prototype.getColorDepth({
        TERM: "xterm-256color",
        ...(process.env.NO_COLOR && { NO_COLOR: process.env.NO_COLOR }),
      }),
    on: () => fake,
    pipe: () => fake,
  };
  return { written, stream: fake as unknown as NodeJS.WriteStream };
}

/** What stands on a line, without colours. */
const plain = (text: string) =>
  text.replace(new RegExp(`${ESC}\\[[0-9;]*[a-zA-Z]`, "g"), "").replace("\r", "");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  vi.stubEnv("TERM", "xterm-256color");
  vi.stubEnv("FORCE_COLOR", undefined);
  vi.stubEnv("NO_COLOR", undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe("on a terminal, progress", () => {
  it("is one line, drawn over and over, never wider than the terminal", () => {
    for (const columns of [20, 40, 80, 200]) {
      const { written, stream: terminal } = stream({ isTTY: true, columns });
      const progress = new Progress(terminal);
      for (let done = 0; done <= 100; done++) {
        progress.update({
          done,
          total: 100,
          text: `${done}/100  train -1.234, held out -1.345 nats`,
          label: "run 1/2",
        });
        vi.advanceTimersByTime(150);
      }
      expect(written).toHaveLength(101);
      for (const text of written) {
        expect(text.startsWith("\r")).toBe(true);
        expect(text).not.toContain("\n");
        expect(plain(text).length).toBeLessThan(columns);
      }
    }
  });

  it("is drawn ten times a second, not more", () => {
    const { written, stream: terminal } = stream({ isTTY: true });
    const progress = new Progress(terminal);
    for (let done = 0; done < 1000; done++) {
      progress.update({ done, total: 1000, text: "" });
      vi.advanceTimersByTime(1);
    }
    expect(written).toHaveLength(10);
  });

  it("tells the time that is left", () => {
    const { written, stream: terminal } = stream({ isTTY: true });
    const progress = new Progress(terminal);
    for (let done = 0; done <= 25; done++) {
      progress.update({ done, total: 100, text: "" });
      vi.advanceTimersByTime(4000);
    }
    expect(plain(written.at(-1)!)).toContain("5 min 0 s left");
  });

  it("steps aside for a note, and is taken away at the end", () => {
    const { written, stream: terminal } = stream({ isTTY: true });
    const progress = new Progress(terminal);
    progress.update({ done: 1, total: 2, text: "half" });
    progress.print("something happened");
    expect(written.slice(1, 3)).toEqual([`\r${ESC}[K`, "something happened\n"]);
    expect(plain(written[3])).toContain("half");
    progress.clear();
    expect(written.at(-1)).toBe(`\r${ESC}[K`);
  });

  it("has colours unless NO_COLOR is set", () => {
    const draw = () => {
      const { written, stream: terminal } = stream({ isTTY: true });
      new Progress(terminal).update({ done: 1, total: 2, text: "" });
      return written.join("");
    };
    expect(draw()).toContain(`${ESC}[36m`);
    vi.stubEnv("NO_COLOR", "1");
    expect(draw()).not.toContain(`${ESC}[36m`);
  });
});

describe("elsewhere, progress", () => {
  it("is a plain line at each tenth, at most one a second", () => {
    const { written, stream: file } = stream({ isTTY: false });
    const progress = new Progress(file);
    for (let done = 0; done <= 1000; done++) {
      progress.update({ done, total: 1000, text: `${done}/1000` });
      vi.advanceTimersByTime(100);
    }
    expect(written[0]).toMatch(/^10\/1000 {2}\d+ min \d+ s left\n$/);
    const steps = written.map((line) => Number(line.split("/")[0]));
    expect(steps).toHaveLength(10);
    for (let i = 1; i < steps.length; i++) expect(steps[i] - steps[i - 1]).toBeCloseTo(100, -1);
  });

  it("is silent when the work is over in a moment, and when it is asked to be", () => {
    const { written, stream: file } = stream({ isTTY: false });
    const short = new Progress(file);
    const silent = new Progress(file, { silent: true });
    for (let done = 0; done <= 10; done++) short.update({ done, total: 10, text: "" });
    for (let done = 0; done <= 10; done++) {
      silent.update({ done, total: 10, text: "" });
      vi.advanceTimersByTime(5000);
    }
    silent.print("not a word");
    expect(written).toEqual([]);
  });
});

describe("numbers and texts for people", () => {
  it("turns seconds into the units of a clock", () => {
    expect([0.04, 8.24, 9.97, 59.7, 61, 3599.9, 7500].map(formatSeconds)).toEqual([
      "0.0 s",
      "8.2 s",
      "10 s",
      "1 min 0 s",
      "1 min 1 s",
      "1 h 0 min",
      "2 h 5 min",
    ]);
  });

  it("turns bytes into the units of files", () => {
    expect([0, 999, 1000, 5336, 1.25e6, 3e9].map(formatBytes)).toEqual([
      "0 B",
      "999 B",
      "1.0 kB",
      "5.3 kB",
      "1.3 MB",
      "3.0 GB",
    ]);
  });

  it("keeps huge log-densities readable", () => {
    expect([-4.33149, 0, -1.5e18].map(formatNats)).toEqual(["-4.331", "0.000", "-1.500000e+18"]);
  });

  it("aligns numbers to the right and words to the left", () => {
    expect(
      alignTable([
        ["name", "step"],
        ["a", "0.5"],
        ["long name", "10"],
        ["b", ""],
      ]),
    ).toEqual(["name       step", "a           0.5", "long name    10", "b"]);
  });

  it("breaks long texts between words, never inside one", () => {
    expect(wrap("one two three four", 9, "  ")).toBe("one two\n  three\n  four");
    expect(wrap("indivisible", 3)).toBe("indivisible");
    expect(
      alignPairs(
        [
          ["a", "one two three"],
          ["long", "x"],
        ],
        12,
      ),
    ).toEqual(["a     one", "      two", "      three", "long  x"]);
  });

  it("quotes what a shell would take apart", () => {
    expect(["plain-1.csv", "two words", "it's"].map(shellWord)).toEqual([
      "plain-1.csv",
      "'two words'",
      "'it'\\''s'",
    ]);
  });

  it("names the model after the first file", () => {
    expect(
      [
        "data/weather.csv",
        "big.csv.gz",
        "a.b.parquet",
        "logs/*.parquet",
        "logs-2024-*.csv",
        "-",
        ".csv",
        "table",
      ].map(defaultFolder),
    ).toEqual([
      "weather.logdet",
      "big.logdet",
      "a.b.logdet",
      "model.logdet",
      "logs-2024.logdet",
      "model.logdet",
      "csv.logdet",
      "table.logdet",
    ]);
  });
});

describe("what is being done, without a bar,", () => {
  it("is one line on a terminal, cut to its width, at most ten times a second", () => {
    const { written, stream: terminal } = stream({ isTTY: true, columns: 20 });
    const progress = new Progress(terminal);
    for (let i = 0; i < 300; i++) {
      progress.say(`flow ${i} of 300: two spirals, self-normalizing`);
      vi.advanceTimersByTime(1);
    }
    expect(written.map(plain)).toEqual(["flow 0 of 300: two ", "flow 100 of 300: tw", "flow 200 of 300: tw"]);
  });

  it("is a line elsewhere, at most one a second, and nothing where all is quiet", () => {
    const { written, stream: file } = stream({ isTTY: false });
    const quiet = new Progress(file, { silent: true });
    const progress = new Progress(file);
    for (let i = 0; i < 30; i++) {
      quiet.say(`quiet ${i}`);
      progress.say(`part ${i}`);
      vi.advanceTimersByTime(100);
    }
    expect(written).toEqual(["part 0\n", "part 10\n", "part 20\n"]);
  });
});
