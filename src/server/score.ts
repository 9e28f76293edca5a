// POST /score: rows by column name, as JSON, NDJSON or CSV, back with log_prob, p_value and is_anomaly beside them.

import { freeName } from "../data/names.js";
import { bodyPieces, checked, parseJson, readBody, requirePlain, textOf } from "./body.js";
import { csvHeader, csvRecords } from "./csv.js";
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
import { mediaTypes, ndjson, RowsWriter, type TextFormat, textFormat } from "./text-formats.js";

/** Rows that are read, scored and written at a time: others get their turn in between. */
const rowsAtOnce = 1024;

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
  const streams = input === "ndjson" && output === "ndjson";
  const work = beginWork(service, c, query.model, streams ? 0 : undefined);
  let streaming = false;
  try {
    const scoring: Scoring = { service, work, decision: decisionFor(work.generation, query) };
    if (streams) {
      const response = await streamed(scoredLines(c, scoring), work, mediaTypes.ndjson);
      streaming = true;
      return response;
    }
    const text = textOf(await readBody(c, service.limits.maxBody, work.ticket.signal));
    const { names, pieces, count: known = 0 } = readers[input](text, work);
    countRows(service, c, known);
    const added = resultNames(names, scoring.decision);
    const writer = new RowsWriter(output, work.name, [...names, ...Object.values(added)]);
    let count = 0;
    for (const rows of pieces) {
      countRows(service, c, count + rows.length);
      writer.add(await withScores(rows, added, count, scoring));
      count += rows.length;
    }
    return writer.response();
  } finally {
    if (!streaming) await work.end();
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

/** A table in pieces. */
interface TableInPieces {
  readonly names: readonly string[];
  readonly pieces: Iterable<readonly Row[]>;
  /** Rows, where that is known beforehand. */
  readonly count?: number;
}

const readers: Readonly<Record<TextFormat, (text: string, work: Work) => TableInPieces>> = {
  json(text) {
    const body = parseJson(text, scoreRequest);
    return inPieces(Array.isArray(body) ? body : (body as { readonly rows: readonly Row[] }).rows);
  },
  ndjson(text) {
    return inPieces(jsonLines(text.split("\n"), 0));
  },
  csv(text, { generation }) {
    const records = csvRecords(text);
    const names = csvHeader(records);
    for (const name of generation.reader.names)
      if (!names.includes(name)) throw absent(name, names, ["header"]);
    return { names, pieces: csvPieces(names, records) };
  },
};

function inPieces(rows: readonly Row[]): TableInPieces {
  const names = new Set<string>();
  for (const row of rows) for (const name in row) names.add(name);
  return { names: [...names], pieces: slices(rows), count: rows.length };
}

function* slices(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let i = 0; i < rows.length; i += rowsAtOnce) yield rows.slice(i, i + rowsAtOnce);
}

function* csvPieces(names: readonly string[], records: Iterable<string[]>): Generator<Row[]> {
  let rows: Row[] = [];
  let count = 0;
  for (const record of records) {
    count++;
    if (record.length !== names.length)
      throw new Refusal(400, `${record.length} cells where the header has ${names.length} names`, {
        where: [`row ${count}`],
      });
    rows.push(Object.fromEntries(names.map((name, i) => [name, record[i]])));
    if (rows.length < rowsAtOnce) continue;
    yield rows;
    rows = [];
  }
  yield rows;
}

/** NDJSON as it comes, scored as it comes. */
async function* scoredLines(c: RequestContext, scoring: Scoring): AsyncGenerator<string> {
  const { ticket } = scoring.work;
  let first = 0;
  for await (const lines of lineBatches(bodyPieces(c, Number.POSITIVE_INFINITY, () => ticket.signal))) {
    const rows = jsonLines(lines, first);
    if (rows.length === 0) continue;
    const taken = rows.flatMap((row) => results.filter((name) => Object.hasOwn(row, name)));
    const scored = await withScores(rows, resultNames(taken, scoring.decision), first, scoring);
    first += rows.length;
    c.set("rows", first);
    ticket.restart();
    yield ndjson(scored);
  }
}

const results = ["log_prob", "p_value", "is_anomaly"] as const;

/** What the results that there are will be called. */
type ResultNames = Readonly<Partial<Record<(typeof results)[number], string>>>;

/** Where rows have a column of a result's name already it is kept, and the new one is `log_prob_2`. */
function resultNames(names: readonly string[], { statistic, alpha }: Decision): ResultNames {
  const taken = new Set(names);
  return {
    log_prob: freeName("log_prob", taken),
    ...(statistic !== false && { p_value: freeName("p_value", taken) }),
    ...(alpha !== undefined && { is_anomaly: freeName("is_anomaly", taken) }),
  };
}

/**
 * Rows with their results beside what they had.
 *
 * @param first the number of the first of these rows among all of the request's, from 0
 */
async function withScores(
  rows: readonly Row[],
  added: ResultNames,
  first: number,
  { service, work: { generation, ticket, name }, decision: { statistic, alpha = 0 } }: Scoring,
): Promise<Row[]> {
  const cells = generation.reader.readObjects(rows, first);
  const { logProb, pValue = logProb } = await generation.batcher.score(cells, {
    statistic,
    signal: ticket.signal,
  });
  service.metrics.rows.inc({ model: name, work: "score" }, rows.length);
  const { log_prob = "log_prob", p_value, is_anomaly } = added;
  return rows.map((row, i) => ({
    ...row,
    [log_prob]: logProb[i],
    ...(p_value && { [p_value]: pValue[i] }),
    ...(is_anomaly && { [is_anomaly]: pValue[i] <= alpha }),
  }));
}
