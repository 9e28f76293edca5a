import { expect } from "vitest";

export interface Tolerance {
  relative?: number;
  absolute?: number;
}

/** Expects two lists of numbers to agree: |actual − expected| ≤ absolute + relative · |expected|, element by element. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative = 1e-6, absolute = 0 }: Tolerance = {},
): void {
  expect(actual.length, "number of values").toBe(expected.length);
  const wrong = Array.from(expected, (want, i) => ({ i, want, got: actual[i] })).filter(
    ({ want, got }) =>
      !Object.is(want, got) && !(Math.abs(got - want) <= absolute + relative * Math.abs(want)),
  );
  const shown = wrong.slice(0, 5).map(({ i, want, got }) => `[${i}] expected ${want}, got ${got}`);
  expect(shown, `${wrong.length} of ${expected.length} values differ`).toEqual([]);
}
