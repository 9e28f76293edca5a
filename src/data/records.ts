// The grammar of CSV (RFC 4180), for the little text that we read ourselves: headers and lists of names.

/**
 * Splits CSV text (RFC 4180: fields in double quotes may hold delimiters, line ends and doubled quotes) into records.
 * Blank lines are no records.
 */
export function parseRecords(text: string, delimiter: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let field = "";
  let quoted = false;
  let wasQuoted = false;
  const endField = () => {
    record.push(field);
    field = "";
    wasQuoted = false;
  };
  const endRecord = () => {
    if (record.length > 0 || field !== "" || wasQuoted) {
      endField();
      records.push(record);
      record = [];
    }
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[i++];
      else quoted = false;
    } else if (c === '"' && field === "" && !wasQuoted) quoted = wasQuoted = true;
    else if (c === delimiter) endField();
    else if (c === "\n") endRecord();
    else if (c !== "\r") field += c;
  }
  endRecord();
  return records;
}

/**
 * How often quotes stand where the grammar has none: within a field that does not begin with one, or before more text of
 * the same field. With a wrong delimiter, quoted fields look like that.
 */
export function misplacedQuotes(text: string, delimiter: string): number {
  let count = 0;
  let at: "start" | "plain" | "quoted" | "closed" = "start";
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (at === "quoted") {
      if (c !== '"') continue;
      if (text[i + 1] === '"') i++;
      else at = "closed";
    } else if (c === delimiter || c === "\n") at = "start";
    else if (c === "\r") continue;
    else if (c === '"' && at === "start") at = "quoted";
    else {
      if (c === '"' || at === "closed") count++;
      at = "plain";
    }
  }
  return count;
}
