// How to use the model, as code to copy: it runs as it is once FOLDER is the model's folder. Names of columns are
// untrusted, and stand in comments and in quoted text only.

import { hasNumbers } from "./categories-alone.js";
import type { ReportData } from "./report-data.js";
import { formatNats, formatNumber, list, shorten } from "./words.js";

export interface Snippet {
  readonly title: string;
  readonly language: "sh" | "js" | "python";
  readonly code: string;
}

/** Rows of more columns are written without their names, and not for the command line. */
const mostNamed = 24;

/** What `FOLDER` and the row mean; said once before the snippets. */
export function snippetNote(report: ReportData): string {
  const { data, example } = report;
  const likelihood = hasNumbers(report) ? "log-density" : "log-probability";
  const hasCategories = data.columns.some(({ categories }) => categories);
  const asTheyAre = [
    ...(hasCategories ? ["categories"] : []),
    ...(data.columns.some(({ part }) => part) ? ["dates"] : []),
  ];
  return [
    "FOLDER is the folder that holds this file.",
    hasNumbers(report)
      ? "The row is put together from every column's median, rounded, or most frequent category: it is not taken from the data."
      : "The row is put together from every column's most frequent category: it is not taken from the data.",
    `Its ${likelihood} is ${formatNats(example.logProb)} nats.`,
    "Columns go in the order of the table of columns.",
    ...(hasCategories
      ? ["Categories go in as codes: their places, from 0, in the column's list of categories."]
      : []),
    `The command line finds columns by name${asTheyAre.length > 0 ? `, and takes ${list(asTheyAre)} as they are` : ""}.`,
    "Python and the browser need the ONNX file only; p-values and missing cells need logdet.",
  ].join(" ");
}

/** The same scoring, from the command line, Node, Python and the browser. */
export function snippets(report: ReportData): Snippet[] {
  const { example, data } = report;
  const size = data.columns.length;
  const density = plain(example.logProb);
  return [
    { title: "Command line", language: "sh", code: commandLine(report) },
    {
      title: "Node",
      language: "js",
      code: [
        'import { load } from "logdet";',
        "",
        'const model = await load("FOLDER");',
        ...rowLines(report, "const row = [", "];", "//"),
        `console.log(await model.logProb([row])); // ${density} nats`,
        ...(example.pValue === undefined
          ? []
          : [`console.log(await model.pValues([row])); // ${plain(example.pValue, 4)}`]),
        "await model.release();",
      ].join("\n"),
    },
    {
      title: "Python",
      language: "python",
      code: [
        "import numpy as np",
        "from onnxruntime import InferenceSession",
        "",
        'session = InferenceSession("FOLDER/onnx/log_prob.onnx")',
        ...rowLines(report, "rows = np.array([[", "]], dtype=np.float64)", " #"),
        '(log_prob,) = session.run(["log_prob"], {"x": rows})',
        `print(log_prob)  # ${density} nats`,
      ].join("\n"),
    },
    {
      title: "Browser",
      language: "js",
      code: [
        'import { InferenceSession, Tensor } from "onnxruntime-web";',
        "",
        'const session = await InferenceSession.create("FOLDER/onnx/log_prob.onnx");',
        ...rowLines(report, "const row = [", "];", "//"),
        `const x = new Tensor("float64", Float64Array.from(row), [1, ${size}]);`,
        'const { log_prob } = await session.run({ x }, ["log_prob"]);',
        `console.log(log_prob.data); // ${density} nats`,
      ].join("\n"),
    },
  ];
}

function commandLine({ example, data }: ReportData): string {
  const draw = "npx logdet sample FOLDER -n 1000 > drawn.csv";
  const { table } = example;
  if (
    !table ||
    data.columns.length > mostNamed ||
    table.some(({ name, cell }) => `${name}${cell}`.includes("\0"))
  )
    return ["npx logdet score FOLDER new.csv > scored.csv", draw].join("\n");
  const line = (cells: readonly (string | number)[]) => shellQuoted(cells.map(csvQuoted).join(","));
  const results = [
    `log_prob ${plain(example.logProb)}`,
    ...(example.pValue === undefined ? [] : [`p_value ${plain(example.pValue, 4)}`]),
  ];
  return [
    `printf '%s\\n' ${line(table.map(({ name }) => name))} \\`,
    `  ${line(table.map(({ cell }) => cell))} > row.csv`,
    `npx logdet score FOLDER row.csv # ${results.join(", ")}`,
    draw,
  ].join("\n");
}

/** The row between two brackets: a cell a line with the column's name, or as many as fit where there are many. */
function rowLines({ data, example }: ReportData, open: string, close: string, comment: string): string[] {
  const { columns } = data;
  const cells = example.values.map(String);
  if (columns.length > mostNamed)
    return [open, ...filled(cells.map((cell) => `${cell},`)).map((line) => `  ${line}`), close];
  const width = Math.max(...cells.map((cell) => cell.length));
  return [
    open,
    ...columns.map(({ name, categories }, i) => {
      const category = categories && `: ${commented(categories[example.values[i]!] ?? "", 30)}`;
      const cell = `${cells[i]},`.padEnd(width + 1);
      return `  ${cell} ${comment} ${commented(name, 60)}${category ?? ""}`.trimEnd();
    }),
    close,
  ];
}

/** Words on lines of at most 88 characters. */
function filled(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= 88)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A name for a comment: on one line; no "</script>" where the code is put into a page. */
const commented = (name: string, length: number): string => shorten(name, length).replaceAll("<", "‹");

/** A number for a comment: with a minus that a keyboard has. */
const plain = (value: number, digits?: number): string =>
  (digits === undefined && Number.isFinite(value) ? value.toFixed(2) : formatNumber(value, digits)).replace(
    "\u2212",
    "-",
  );

/** A cell of a CSV file, quoted where it would not be read as it is. */
export function csvQuoted(cell: string | number): string {
  const text = String(cell);
  return text === "" || /[",;\t|\r\n]|^\s|\s$|^['#]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * A word of a shell: in single quotes; with control characters, and those that turn text around, as $'…' with the
 * octal bytes of UTF-8, which bash, zsh and POSIX of 2024 read.
 */
export function shellQuoted(text: string): string {
  // One that UTF-8 has no bytes for becomes U+FFFD, as it would in a file.
  const valid = text.replace(/\p{Cs}/gu, "\ufffd");
  if (!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(valid)) return `'${valid.replaceAll("'", "'\\''")}'`;
  const escaped = valid.replace(/[\\'\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(new TextEncoder().encode(character), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join(
      "",
    ),
  );
  return `$'${escaped}'`;
}
