// POST /score: rows by column name, as JSON, NDJSON or CSV, back with log_prob, p_value and is_anomaly beside them.

import { freeName } from "../data/names.js";
import { bodyPieces, checked, parseJson, readBody, requirePlain, textOf } from "./body.js";
import { readCsv } from "./csv.js";
import { jsonLines, lineBatches } from "./json-lines.js";
import { Refusal } from "./refusal.js";
import { absent, type Row } from "./rows.js";
import { scoreQuery, scoreRequest } from "./schemas.js";
import {
  beginWork,
  countRows,
  type Decision,
  decisionFor,
  type RequestContext,
  type Service,
  type Work,
} from "./service.js";
import { streamed } from "./streamed.js";
import {
  mediaTypes,
  type NamedRows,
  ndjson,
  rowsResponse,
  type TextFormat,
  textFormat,
} from "./text-formats.js";

/** What rows are scored by. */
interface Scoring {
  readonly service: Service;
  readonly work: Work;
  readonly decision: Decision;
}

/** Answers in the format of the body, unless Accept names another. */
export async function score(service: Service, c: RequestContext): Promise<Response> {
  requirePlain(c);
  const query = checked(c.req.query(), scoreQuery, ["query"]);
  const input = inputFormat(c);
  const output = textFormat(c.req.header("accept")) ?? input;
  const work = beginWork(service, c, query.model);
  let streams = false;
  try {
    const scoring: Scoring = { service, work, decision: decisionFor(work.generation, query) };
    if (input === "ndjson" && output === "ndjson") {
      const response = await streamed(scoredLines(c, scoring), work, mediaTypes.ndjson);
      streams = true;
      return response;
    }
    const text = textOf(await readBody(c, service.limits.maxBody, work.ticket.signal));
    const table = readers[input](text, work);
    countRows(service, c, table.rows.length);
    const { rows, added } = await withScores(table.rows, 0, scoring);
    return rowsResponse(output, work.name, { names: [...table.names, ...added], rows });
  } finally {
    if (!streams) await work.end();
  }
}

/** A page can send text and forms to any server; these types only with the server's leave, which is never given. */
function inputFormat(c: RequestContext): TextFormat {
  const format = textFormat(c.req.header("content-type"));
  if (format) return format;
  throw new Refusal(415, "the body must be application/json, application/x-ndjson or text/csv", {
    hint: "Say which by the header Content-Type.",
  });
}

const readers: Readonly<Record<TextFormat, (text: string, work: Work) => NamedRows>> = {
  json(text) {
    const body = parseJson(text, scoreRequest);
    return named(Array.isArray(body) ? body : (body as { readonly rows: readonly Row[] }).rows);
  },
  ndjson(text) {
    return named(jsonLines(text.split("\n"), 0));
  },
  csv(text, { generation }) {
    const { names, records } = readCsv(text);
    for (const name of generation.reader.names)
      if (!names.includes(name)) throw absent(name, names, ["header"]);
    const rows = records.map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i]])));
    return { names, rows };
  },
};

function named(rows: readonly Row[]): NamedRows {
  const names = new Set<string>();
  for (const row of rows) for (const name in row) names.add(name);
  return { names: [...names], rows };
}

/** NDJSON as it comes, scored as it comes. */
async function* scoredLines(c: RequestContext, scoring: Scoring): AsyncGenerator<string> {
  const { ticket } = scoring.work;
  let first = 0;
  for await (const lines of lineBatches(bodyPieces(c, Number.POSITIVE_INFINITY, () => ticket.signal))) {
    const rows = jsonLines(lines, first);
    if (rows.length === 0) continue;
    const { rows: scored } = await withScores(rows, first, scoring);
    first += rows.length;
    c.set("rows", first);
    ticket.restart();
    yield ndjson(scored);
  }
}

/**
 * Rows with their results beside what they had. Where they have a column of that name already it is kept, and the new one
 * is `log_prob_2`.
 *
 * @param first the number of the first of these rows among all of the request's, from 0
 */
async function withScores(
  rows: readonly Row[],
  first: number,
  { service, work, decision: { statistic, alpha } }: Scoring,
): Promise<{ rows: Row[]; added: readonly string[] }> {
  const { generation, ticket, name } = work;
  const cells = generation.reader.readObjects(rows, first);
  const { logProb, pValue } = await generation.batcher.score(cells, { statistic, signal: ticket.signal });
  service.metrics.rows.inc({ model: name, work: "score" }, rows.length);
  const taken = new Set(rows.flatMap((row) => results.filter((result) => Object.hasOwn(row, result))));
  const [logProbName, pValueName, anomalyName] = results.map((result) => freeName(result, taken));
  const scored = rows.map((row, i) => ({
    ...row,
    [logProbName]: logProb[i],
    ...(pValue && { [pValueName]: pValue[i] }),
    ...(pValue && alpha !== undefined && { [anomalyName]: pValue[i] <= alpha }),
  }));
  const added = [
    logProbName,
    ...(pValue ? [pValueName] : []),
    ...(pValue && alpha !== undefined ? [anomalyName] : []),
  ];
  return { rows: scored, added };
}

const results = ["log_prob", "p_value", "is_anomaly"];
