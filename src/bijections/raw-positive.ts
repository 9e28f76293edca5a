// Where a parameter starts whose softplus is to be a given number.

/** The number whose softplus is `value`, for values from 1e-5; smaller ones become that. */
export function rawPositive(value: number): number {
  const positive = Math.max(value, 1e-5);
  return positive > 30 ? positive : Math.log(Math.expm1(positive));
}
