// Numbers and names as a person reads them.

const MINUS = "\u2212";

/** A count with thousands separators: 12,345. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A number of nats with two decimals and a true minus sign. */
export function formatNats(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2).replace("-", MINUS) : formatNumber(value);
}

/** Any number to four or so many significant digits, without padding: 0.001234, 12,340, 1.2e+9. */
export function formatNumber(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : `${value < 0 ? MINUS : ""}∞`;
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-4 || size >= 1e7)
      ? Number(value.toPrecision(digits)).toExponential()
      : value.toLocaleString("en-US", { maximumSignificantDigits: digits });
  return text.replace(/-(?=\d)/g, MINUS);
}

/** A share in [0, 1] as a percentage to two significant digits: "1.9 %". */
export function formatPercent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

/** The end of a column's range: a reader compares it with single values, so more digits stay. */
export function formatExtreme(value: number): string {
  return formatNumber(value, 7);
}

/** A time in the unit that suits it. */
export function formatDuration(seconds: number): string {
  if (seconds < 90) return `${Number(seconds.toPrecision(2))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Number((seconds / 3600).toPrecision(2))} h`;
}

/** e to the given power, as words: "24.8", "1.2 × 10^9". */
export function formatExponential(nats: number): string {
  if (Math.abs(nats) < Math.log(1e6)) return formatNumber(Number(Math.exp(nats).toPrecision(3)));
  return `10^${Math.round(nats / Math.LN10)}`.replace("-", MINUS);
}

/** How many of so many differ by more than 1.96 standard errors where nothing differs. */
export function aboutByChance(count: number): string {
  return 0.05 * count < 1 ? "fewer than one" : `about ${formatCount(0.05 * count)}`;
}

/** "1 row", "12 rows". */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** "a", "a and b", "a, b and c"; after `limit` names, "a, b and 7 more". */
export function list(items: readonly string[], limit = 8): string {
  const shown =
    items.length > limit ? [...items.slice(0, limit - 1), `${items.length - limit + 1} more`] : items;
  return shown.length < 2 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/**
 * A name on one line: line breaks, control characters and the marks that reverse the direction of text become a
 * space. Such a name is still untrusted: escape it for HTML or Markdown.
 */
export function oneLine(name: string): string {
  return name
    .replace(/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+/gu, " ")
    .replace(/ {2,}/g, " ")
    .trim();
}

/** A name on one line, cut to at most `length` characters. */
export function shorten(name: string, length: number): string {
  const characters = [...oneLine(name)];
  return characters.length <= length ? characters.join("") : `${characters.slice(0, length - 1).join("")}…`;
}
