// How to use the model, as code to copy. Nothing untrusted is put into the code.

import type { ReportData } from "./report-data.js";

export interface Snippet {
  readonly title: string;
  readonly language: "sh" | "js" | "python";
  readonly code: string;
}

/** What `FOLDER` and the order of the columns mean; said once before the snippets. */
export const snippetNote =
  "FOLDER is the folder that holds this file. Columns go in the order of the table of columns, which is that of " +
  "config.json; the command line matches them by name.";

/** The same scoring, from the command line, Node, Python and the browser. */
export function snippets({ data }: ReportData): Snippet[] {
  const size = data.columns.length;
  return [
    {
      title: "Command line",
      language: "sh",
      code: [
        "npx logdet score FOLDER new.csv > scored.csv",
        "npx logdet sample FOLDER -n 1000 > drawn.csv",
      ].join("\n"),
    },
    {
      title: "Node",
      language: "js",
      code: [
        'import { load } from "logdet";',
        "",
        'const model = await load("FOLDER");',
        `const logProb = await model.logProb(rows); // rows: n x ${size} numbers -> n nats`,
      ].join("\n"),
    },
    {
      title: "Python",
      language: "python",
      code: [
        "from onnxruntime import InferenceSession",
        "",
        'session = InferenceSession("FOLDER/onnx/log_prob.onnx")',
        `# rows: float64 array of shape [n, ${size}]`,
        '(log_prob,) = session.run(["log_prob"], {"x": rows})',
      ].join("\n"),
    },
    {
      title: "Browser",
      language: "js",
      code: [
        'import { InferenceSession, Tensor } from "onnxruntime-web";',
        "",
        'const session = await InferenceSession.create("FOLDER/onnx/log_prob.onnx");',
        `const x = new Tensor("float64", rows, [n, ${size}]); // rows: Float64Array, row after row`,
        'const { log_prob } = await session.run({ x }, ["log_prob"]);',
      ].join("\n"),
    },
  ];
}
