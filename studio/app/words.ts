// Numbers as readers take them in.

/** "1 row", "12,345 rows". */
export const count = (n: number, noun: string): string =>
  `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

/** Two decimals: a hundredth of a nat is what one can tell apart. With a minus sign, as the report has it. */
export const nats = (value: number): string => value.toFixed(2).replace("-", "−");

/** e to so many nats, how many times as likely: "1.4", "380", "3,400", "10^9". */
export function factorInWords(gain: number): string {
  const value = Math.exp(gain);
  if (value >= 1e6) return `10^${Math.round(gain / Math.LN10)}`;
  return Number(value.toPrecision(2)).toLocaleString("en");
}

/** To so many significant digits: "0.0123", "1.2e-7". */
export const short = (value: number, digits = 3): string => String(Number(value.toPrecision(digits)));

/** "12 %", "0.4 %"; nothing is said to be 0 or 100 that is not. */
export function percent(share: number, digits = 2): string {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share < 1 && share > 0.995) return share > 0.999 ? "> 99.9 %" : `${(100 * share).toFixed(1)} %`;
  return `${short(100 * share, digits)} %`;
}

/** "0.034"; below a millionth nobody counts. */
export const pInWords = (p: number): string => (p < 1e-6 ? "< 1e-6" : short(p, 2));

/** "1.3 MB" */
export function bytesInWords(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** "3 s", "2 min 5 s", "1 h 4 min" */
export function secondsInWords(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [minutes, hours] = [Math.floor(whole / 60), Math.floor(whole / 3600)];
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min ${whole % 60} s`;
}
