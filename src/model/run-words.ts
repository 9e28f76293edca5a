// The nets that a fit tried, in words: for the progress line, `info` and the report.

/** What one net was. */
export interface RunSetting {
  readonly layers: number;
  readonly components: number;
  readonly noise: number;
  readonly start: number;
}

/** "8 layers", "4 layers, a mixture of 4", "8 layers, noise 0.1", "8 layers, start 2". */
export function runWords({ layers, components, noise, start }: RunSetting): string {
  return [
    layers === 1 ? "1 layer" : `${layers} layers`,
    ...(components > 1 ? [`a mixture of ${components}`] : []),
    ...(noise > 0 ? [`noise ${noise}`] : []),
    ...(start > 0 ? [`start ${start + 1}`] : []),
  ].join(", ");
}
