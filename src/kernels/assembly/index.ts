// The module's exports: every kernel at its element types. What each does is documented in ../kernels.ts.

import { adam } from "./adam";
import { average } from "./average";
import { addScaled, fill, scale } from "./elementwise";
import { allFinite, sumOfSquares } from "./reductions";
import { rightMultiplyAdd } from "./right-multiply";
import { sgd } from "./sgd";

export * from "./generic-binary";
export { copyStrided, cumulativeSumAlong, gatherRows, identityMatrix, padRows, scatterAddRows } from "./generic-layout";
export { logSoftmaxAlong, logSumExpAlong, maxAlong, sumAlong } from "./generic-reduce";
export { select } from "./generic-select";
export { unaryAbs, unaryCos, unaryCube, unaryErf, unaryExp, unaryExpm1, unaryLog, unaryLog1p, unaryNeg, unarySigmoid, unarySign, unarySin, unarySoftplus, unarySqrt, unarySquare, unaryTanh, unaryTruncate } from "./generic-unary";
export { icaScore } from "./ica";
export { luFactor, luInverse, luSolve } from "./lu";
export { mixtureBackward, mixtureForward, mixtureScratch } from "./mixture";
export { productScratch as luScratch } from "./product";
export { smallProduct, smallProductScratch } from "./small-product";
export { splineBackward, splineForward, splineInverse, splineScratch } from "./spline";

export function sgd32(count: usize, value: usize, gradient: usize, velocity: usize, learningRate: f64, momentum: f64, weightDecay: f64): void {
  sgd<f32>(count, value, gradient, velocity, learningRate, momentum, weightDecay);
}
export function sgd64(count: usize, value: usize, gradient: usize, velocity: usize, learningRate: f64, momentum: f64, weightDecay: f64): void {
  sgd<f64>(count, value, gradient, velocity, learningRate, momentum, weightDecay);
}

export function adam32(count: usize, value: usize, gradient: usize, m: usize, v: usize, learningRate: f64, beta1: f64, beta2: f64, epsilon: f64, correction1: f64, correction2: f64, weightDecay: f64): void {
  adam<f32>(count, value, gradient, m, v, learningRate, beta1, beta2, epsilon, correction1, correction2, weightDecay);
}
export function adam64(count: usize, value: usize, gradient: usize, m: usize, v: usize, learningRate: f64, beta1: f64, beta2: f64, epsilon: f64, correction1: f64, correction2: f64, weightDecay: f64): void {
  adam<f64>(count, value, gradient, m, v, learningRate, beta1, beta2, epsilon, correction1, correction2, weightDecay);
}

export function average32(count: usize, averaged: usize, value: usize, decay: f64): void {
  average<f32>(count, averaged, value, decay);
}
export function average64(count: usize, averaged: usize, value: usize, decay: f64): void {
  average<f64>(count, averaged, value, decay);
}

export function fill32(count: usize, x: usize, value: f64): void {
  fill<f32>(count, x, value);
}
export function fill64(count: usize, x: usize, value: f64): void {
  fill<f64>(count, x, value);
}

export function scale32(count: usize, x: usize, factor: f64): void {
  scale<f32>(count, x, factor);
}
export function scale64(count: usize, x: usize, factor: f64): void {
  scale<f64>(count, x, factor);
}

export function addScaled32(count: usize, y: usize, x: usize, factor: f64): void {
  addScaled<f32>(count, y, x, factor);
}
export function addScaled64(count: usize, y: usize, x: usize, factor: f64): void {
  addScaled<f64>(count, y, x, factor);
}

export function sumOfSquares32(count: usize, x: usize): f64 {
  return sumOfSquares<f32>(count, x);
}
export function sumOfSquares64(count: usize, x: usize): f64 {
  return sumOfSquares<f64>(count, x);
}

export function allFinite32(count: usize, x: usize): bool {
  return allFinite<f32>(count, x);
}
export function allFinite64(count: usize, x: usize): bool {
  return allFinite<f64>(count, x);
}

export function rightMultiplyAdd32(rows: usize, n: usize, w: usize, u: usize, out: usize): void {
  rightMultiplyAdd<f32>(rows, n, w, u, out);
}
export function rightMultiplyAdd64(rows: usize, n: usize, w: usize, u: usize, out: usize): void {
  rightMultiplyAdd<f64>(rows, n, w, u, out);
}
