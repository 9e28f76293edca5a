// Snippets with names that nobody would choose: whatever columns and categories are called, the code is the same code.

import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { renderModelCard } from "../../src/model/model-card.js";
import { type ReportData, renderReport } from "../../src/model/report/index.js";
import { csvQuoted, shellQuoted, snippets } from "../../src/model/report/snippets.js";
import { exampleReport } from "./report-example.js";

/** Names of what code, shells, pages and tables are made of, and any other text. */
const wild = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          "\n",
          "\r",
          "\u2028",
          "\u2029",
          "\u0085",
          "\f",
          "\0",
          "'",
          '"',
          "`",
          "\\",
          "$(x)",
          "$x",
          "#",
          "//",
          "*/",
        ],
        ...[
          "</script>",
          "<!--",
          "]];",
          "],",
          "};",
          '"""',
          "'''",
          "```",
          "%s",
          "!",
          ",",
          ";",
          "\t",
          "\u202e",
          "\ud800",
          "a",
        ],
      ),
      { maxLength: 6 },
    )
    .map((pieces) => pieces.join("")),
);

function named(names: readonly string[]): ReportData {
  const report = exampleReport(names.length);
  return {
    ...report,
    data: {
      ...report.data,
      columns: report.data.columns.map((column, i) => ({
        ...column,
        name: names[i]!,
        // Of every other column the cell is category 1.
        ...(i % 2 === 1 ? { kind: "categorical", categories: ["first", names[i]!] } : {}),
      })),
    },
    example: {
      ...report.example,
      values: names.map((_, i) => (i % 2 === 1 ? 1 : -1.5e-7 * (i + 1))),
      table: names.map((name, i) => ({ name, cell: i % 2 === 1 ? name : -1.5e-7 * (i + 1) })),
    },
  };
}

const codeOf = (report: ReportData, title: string) =>
  snippets(report).find((snippet) => snippet.title === title)!.code;

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;

/** Runs JavaScript whose import line is replaced by these. */
async function runWith(code: string, given: Readonly<Record<string, unknown>>): Promise<void> {
  const body = code.split("\n").slice(1).join("\n");
  expect(code).toMatch(/^import \{[\w, ]+\} from "[\w-]+";\n/);
  await new AsyncFunction(...Object.keys(given), body)(...Object.values(given));
}

describe("with wild names", () => {
  const names = fc.array(wild, { minLength: 1, maxLength: 5 });

  it("Node's code gets the row and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(names, async (names) => {
        const report = named(names);
        const seen: unknown[] = [];
        const see = async (rows: readonly unknown[]) => seen.push(rows);
        const load = async (path: string) => ({ logProb: see, pValues: see, release() {}, path });
        await runWith(codeOf(report, "Node"), { load, console: { log() {} } });
        expect(seen).toEqual([[report.example.values], [report.example.values]]);
      }),
    );
  });

  it("the browser's code gets the row, and ends no script", async () => {
    await fc.assert(
      fc.asyncProperty(names, async (names) => {
        const report = named(names);
        const code = codeOf(report, "Browser");
        expect(code).not.toMatch(/<[/!s]/i);
        let fed: unknown;
        const run = async ({ x }: { x: unknown }) => {
          fed = x;
          return { log_prob: { data: [] } };
        };
        const InferenceSession = { create: async () => ({ run }) };
        class Tensor {
          readonly given: readonly unknown[];
          constructor(...given: unknown[]) {
            this.given = given;
          }
        }
        await runWith(code, { InferenceSession, Tensor, console: { log() {} } });
        const { values } = report.example;
        expect(fed).toEqual(new Tensor("float64", Float64Array.from(values), [1, values.length]));
      }),
    );
  });

  it("Python's code has a number and a comment a line", () => {
    fc.assert(
      fc.property(names, (names) => {
        const { values } = named(names).example;
        const code = codeOf(named(names), "Python");
        // Python's own ends of lines, and what its tokeniser refuses.
        expect(code).not.toMatch(/[\r\f\0\ud800-\udfff]/u);
        const lines = code.split("\n").slice(4, 6 + values.length);
        expect([lines[0], lines.at(-1)]).toEqual(["rows = np.array([[", "]], dtype=np.float64)"]);
        const cells = lines.slice(1, -1).map((line) => /^ {2}(-?[\d.e-]+), +#(?: .*)?$/u.exec(line)?.[1]);
        expect(cells.map(Number)).toEqual(values);
      }),
    );
  });

  it("a shell writes the table's lines, character by character", () => {
    const cases = fc.sample(names, { numRuns: 300, seed: 1 }).map((names) => names.map(csvQuoted).join(","));
    const words = cases.map((line) => line.replaceAll("\0", ""));
    const script = words.map((word) => `printf '%s\\0' ${shellQuoted(word)}`).join("\n");
    // In a locale without UTF-8 too: the bytes are spelled out.
    const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", script], {
      env: { LC_ALL: "C" },
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout.split("\0").slice(0, -1)).toEqual(words.map((word) => word.replace(/\p{Cs}/gu, "\ufffd")));
  });

  it("a command line is written for every table that a shell can write", () => {
    const report = named(["a", "b"]);
    expect(codeOf(report, "Command line")).toBe(
      [
        "printf '%s\\n' 'a,b' \\",
        "  '-1.5e-7,b' > row.csv",
        "npx logdet score FOLDER row.csv # log_prob -3.21, p_value 0.25",
        "npx logdet sample FOLDER -n 1000 > drawn.csv",
      ].join("\n"),
    );
    for (const without of [
      named(["a", "b\0"]),
      { ...report, example: { ...report.example, table: undefined } },
    ])
      expect(codeOf(without, "Command line")).toMatch(/^npx logdet score FOLDER new\.csv > scored\.csv\n/);
  });

  it("the report shows the code as it is, and the card keeps it fenced", () => {
    fc.assert(
      fc.property(names, (names) => {
        const report = named(names);
        const codes = snippets(report).map(({ code }) => code);
        const { document } = parseHTML(renderReport(report));
        expect([...document.querySelectorAll("pre code")].map((code) => code.textContent)).toEqual(codes);
        expect(document.querySelectorAll("script").length).toBe(0);
        // Four fences, that nothing inside closes.
        expect(renderModelCard(report).match(/^ {0,3}```/gm)?.length).toBe(8);
      }),
      { numRuns: 20 },
    );
  });
});

describe("cells of CSV", () => {
  it.each([
    ["plain", "plain"],
    [-1.5, "-1.5"],
    ["a,b", '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ["two\nlines", '"two\nlines"'],
    [" edge", '" edge"'],
    ["", '""'],
  ])("%j is written %j", (cell, written) => {
    expect(csvQuoted(cell)).toBe(written);
  });
});
