// Numbers, sizes and lists as people read them.

/** "3,000". */
export function formatCount(n: number): string {
  return n.toLocaleString("en-US");
}

/** "1 row", "3,000 rows". */
export function countOf(n: number, noun: string): string {
  return `${formatCount(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** Nats to a thousandth; large ones to what a reader can take in. */
export function formatNats(nats: number): string {
  return Math.abs(nats) >= 1e6 ? nats.toPrecision(7) : nats.toFixed(3);
}

/** A number in the units of a column, to about five digits. */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(5)));
}

/** "8.2 s", "8 s" if it is exactly that, "3 min 20 s", "2 h 5 min". */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "312 B", "5.3 kB", "1.2 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${["", "kB", "MB", "GB"][power]}`;
}

/** A table under its header, in columns two spaces apart: numbers to the right, words to the left. */
export function alignTable([header, ...rows]: readonly (readonly string[])[]): string[] {
  const right = header.map((_, i) => rows.every((row) => row[i] === "" || Number.isFinite(Number(row[i]))));
  const widths = header.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (right[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])));
  return [header, ...rows].map((row) => line(row).join("  ").trimEnd());
}

/** Names and what they stand for, beside each other; long texts go on below themselves. */
export function alignPairs(
  pairs: readonly (readonly [name: string, text: string])[],
  width: number,
): string[] {
  const indent = Math.max(...pairs.map(([name]) => name.length)) + 2;
  return pairs.flatMap(([name, text]) =>
    wrap(name.padEnd(indent) + text, width, " ".repeat(indent)).split("\n"),
  );
}

/** Text broken at single spaces so that lines keep to a width; lines after the first are indented. */
export function wrap(text: string, width: number, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<! ) (?! )/)) {
    if (line === "") line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line].join("\n");
}

/** A word for a shell: in quotes where it needs them. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
