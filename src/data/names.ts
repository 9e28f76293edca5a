// Column names as people type and read them: lists on the command line, the nearest name to a mistyped one, names made unique.

import { parseRecords } from "./records.js";

/**
 * Splits a list of names the way a CSV line is split: `a,b` or, where a name holds a comma, `a,"b, in kg"`.
 *
 * @example parseNames('city,"height, cm"')  // ["city", "height, cm"]
 */
export function parseNames(list: string): string[] {
  return parseRecords(list, ",")[0] ?? [];
}

/** The inverse of `parseNames`, quoted for a shell where that is needed: what to type after `--exclude`. */
export function formatNames(names: readonly string[]): string {
  const list = names
    .map((name) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name))
    .join(",");
  return /^[\p{L}\p{N}_.,:+@%=/-]+$/u.test(list) ? list : `'${list.replaceAll("'", "'\\''")}'`;
}

/** The candidate most like `name`, if one is like enough to be what was meant. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.trim().toLowerCase(), candidate.trim().toLowerCase());
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Levenshtein's distance: the fewest insertions, deletions and substitutions that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++)
      current[j] = Math.min(
        previous[j] + 1,
        current[j - 1] + 1,
        previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    previous = current;
  }
  return previous[b.length];
}

/** `name`, or `name_2`, `name_3`, … : the first that is not in `taken`. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let k = 2; taken.has(free); k++) free = `${name}_${k}`;
  return free;
}

/** A few of many names, for a message. */
export function someNames(names: readonly string[], most = 20): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown}, … (${names.length} in all)` : shown;
}
