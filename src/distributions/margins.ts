// Margins: what a copula needs to know of single columns, in a form that is exact in both tails.

import { z } from "zod";
import { logNormalTail, normalTailQuantile } from "../bijections/normal-tail.js";
import { LogdetError } from "../errors.js";
import {
  abs,
  add,
  constant,
  exp,
  expm1,
  less,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  type Parameter,
  parameter,
  softplus,
  sqrt,
  sub,
  type Tensor,
  where,
} from "../tensor/index.js";
import { halfLog2Pi } from "./normal.js";
import { studentTLogDensity } from "./student-t.js";
import { logStudentTTail, studentTCoordinate, studentTTailQuantile } from "./student-t-tail.js";

/** How the columns of a copula base are distributed, each for itself. */
export type MarginOptions =
  | { readonly type: "normal" | "laplace" | "logistic" | "cauchy" }
  | {
      readonly type: "student-t";
      /** Degrees of freedom ν to start from, in every column; above 0.1. */
      readonly degreesOfFreedom?: number | undefined;
      /** Whether each column's ν is learned; if not, it stays as given. */
      readonly learned?: boolean | undefined;
    };

/** What a configuration may say about the margins. */
export const marginSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.enum(["normal", "laplace", "logistic", "cauchy"]) }),
  z.strictObject({
    type: z.literal("student-t"),
    degreesOfFreedom: z.number().gt(0.1).max(1e4).optional(),
    learned: z.boolean().optional(),
  }),
]);

/**
 * The distribution of single columns. A probability p is carried as its logit, log p − log(1 − p), which loses
 * neither tail: log p = −log(1 + e^(−logit)), log(1 − p) = −log(1 + e^logit).
 *
 * All three act on each element: [batch, D] -> [batch, D].
 */
export interface Margin {
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** Nats. */
  logDensity(z: Tensor): Tensor;
  /** The logit of the distribution function. */
  logit(z: Tensor): Tensor;
  /** The inverse of `logit`. */
  quantile(logit: Tensor): Tensor;
  /** From which the margin can be built again; its parameters hold what was learned. */
  config(): MarginOptions;
}

/** A density that is even: its upper tail says everything. */
interface Even {
  readonly parameters?: Readonly<Record<string, Parameter>>;
  readonly logDensity: (z: Tensor) => Tensor;
  /** log P(Z > z) for z >= 0, and its inverse for arguments up to −log 2. */
  readonly logTail: (distance: Tensor) => Tensor;
  readonly fromLogTail: (logTail: Tensor) => Tensor;
  readonly config: MarginOptions;
}

function even({ parameters = {}, logDensity, logTail, fromLogTail, config }: Even): Margin {
  return {
    parameters,
    logDensity,
    logit: (z) => evenLogit(z, logTail),
    quantile: (logit) => evenQuantile(logit, fromLogTail),
    config: () => config,
  };
}

/** The logit of the distribution function of an even density, from log P(Z > z) for z >= 0. */
export function evenLogit(z: Tensor, logTail: (distance: Tensor) => Tensor): Tensor {
  return odd(z, (distance) => {
    const tail = logTail(distance);
    return sub(log1p(neg(exp(tail))), tail);
  });
}

/** The inverse of evenLogit, from the z >= 0 with log P(Z > z) = logTail. */
export function evenQuantile(logit: Tensor, fromLogTail: (logTail: Tensor) => Tensor): Tensor {
  return odd(logit, (distance) => fromLogTail(neg(softplus(distance))));
}

/** The odd function that is f from 0 on. Without abs and sign: their gradients at 0 are 0, that of f is not. */
function odd(x: Tensor, f: (distance: Tensor) => Tensor): Tensor {
  const isLower = less(x, 0);
  const value = f(where(isLower, neg(x), x));
  return where(isLower, neg(value), value);
}

/** Draws stop at about e^80, before float32 ends. */
const mostLogDistance = 80;

/** Below this, the tail's quadrature would need more points. */
const smallestDegreesOfFreedom = 0.1;

/** ν = 0.1 + exp(raw), as a parameter of a shape; for errors, `owner` is who asks. */
export function degreesOfFreedomParameter(
  owner: string,
  shape: readonly number[],
  { degreesOfFreedom, learned }: { degreesOfFreedom: number; learned: boolean },
): { raw: Parameter; nu: Tensor } {
  if (!(degreesOfFreedom > smallestDegreesOfFreedom && degreesOfFreedom <= 1e4))
    throw new LogdetError(
      "usage",
      `${owner}: degrees of freedom must be above ${smallestDegreesOfFreedom} and at most 10000, got ${degreesOfFreedom}`,
    );
  const size = shape.reduce((a, b) => a * b, 1);
  const value = Math.log(degreesOfFreedom - smallestDegreesOfFreedom);
  const raw = parameter(shape, new Float64Array(size).fill(value), { trainable: learned });
  return { raw, nu: add(exp(raw), smallestDegreesOfFreedom) };
}

/** Student-t as an even density of degrees of freedom ν, [D] or a constant. */
function studentT(nu: Tensor): Omit<Even, "config"> {
  return {
    logDensity: (z) => studentTLogDensity(z, nu),
    logTail: (distance) => logStudentTTail(studentTCoordinate(distance, nu), nu).y,
    fromLogTail(logTail) {
      // z = √ν sinh u.
      const u = minimum(studentTTailQuantile(logTail, nu), mostLogDistance);
      return mul(sqrt(nu), mul(0.5, sub(expm1(u), expm1(neg(u)))));
    },
  };
}

/**
 * Margins for `dim` columns.
 *
 * Student-t margins learn degrees of freedom a column (`logDegreesOfFreedom`, [D]); the others have no parameters.
 * Location and scale are left to the affine layer in front.
 *
 * @throws LogdetError "usage" if degrees of freedom are not above 0.1 and at most 10,000.
 * @example const margin = buildMargin({ type: "student-t", degreesOfFreedom: 2, learned: false }, 8)
 */
export function buildMargin(options: MarginOptions, dim: number): Margin {
  switch (options.type) {
    case "normal":
      return even({
        logDensity: (z) => sub(mul(-0.5, mul(z, z)), halfLog2Pi),
        logTail: logNormalTail,
        fromLogTail: (logTail) => normalTailQuantile(logTail).q,
        config: { type: "normal" },
      });
    case "laplace":
      return even({
        logDensity: (z) => sub(neg(abs(z)), Math.LN2),
        logTail: (distance) => sub(neg(distance), Math.LN2),
        fromLogTail: (logTail) => maximum(sub(-Math.LN2, logTail), 0),
        config: { type: "laplace" },
      });
    case "logistic":
      return {
        parameters: {},
        logDensity: (z) => neg(add(z, mul(2, softplus(neg(z))))),
        logit: (z) => z,
        quantile: (logit) => logit,
        config: () => ({ type: "logistic" }),
      };
    case "cauchy":
      return even({ ...studentT(constant(1)), config: { type: "cauchy" } });
    case "student-t": {
      const { degreesOfFreedom = 5, learned = true } = options;
      const { raw, nu } = degreesOfFreedomParameter("Student-t margins", [dim], {
        degreesOfFreedom,
        learned,
      });
      return even({
        ...studentT(nu),
        parameters: { logDegreesOfFreedom: raw },
        config: { type: "student-t", ...(!learned && { learned }) },
      });
    }
  }
}
