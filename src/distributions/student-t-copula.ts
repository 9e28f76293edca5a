// The Student-t copula: correlated columns whose extremes come together.

import {
  abs,
  add,
  clamp,
  constant,
  cumulativeSum,
  div,
  exp,
  log,
  log1p,
  max,
  minimum,
  mul,
  neg,
  reshape,
  slice,
  sqrt,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from "../tensor/index.js";
import { type CopulaOptions, copulaBase } from "./copula.js";
import { correlation } from "./correlation.js";
import type { Distribution } from "./distribution.js";
import { logGammaHalfStep } from "./log-gamma.js";
import { degreesOfFreedomParameter, evenLogit, evenQuantile } from "./margins.js";
import { studentTDraw } from "./student-t.js";
import { logCosh, logStudentTTail, studentTCoordinate, studentTTailQuantile } from "./student-t-tail.js";

/** Draws and their stretching stop where float32 could not hold a product of the two; only ν below 0.5 gets there. */
const largestDraw = 1e15;
const mostLogStretch = 40;

export interface StudentTCopulaOptions extends CopulaOptions {
  /** Degrees of freedom ν to start from; above 0.1, at most 10,000. */
  degreesOfFreedom?: number | undefined;
  /** Whether ν is learned; if not, it stays as given. */
  learned?: boolean | undefined;
}

/**
 * Columns with the dependence of a multivariate Student-t of ν degrees of freedom. The smaller ν, the more the
 * extremes of the columns come together.
 *
 *   log c(u) = log t_ν(x; R) − Σ log t_ν(x_i),   x = t_ν^{-1}(u), R = L Lᵀ
 *
 * Parameters: `rawCorrelation`, [D (D − 1) / 2], see correlation.ts; `logDegreesOfFreedom`, [1], with
 * ν = 0.1 + exp(raw); and the margins'. Draws take 2D uniforms a row. Kendall's τ of two columns is (2/π) asin ρ.
 * Quantiles are found by Newton's method on the tail's logarithm, so a density costs ten to twenty times that of the
 * Gaussian copula, O(D²) a row and O(D³) a batch. First derivatives are exact, second ones are not.
 *
 * @throws LogdetError "usage" if the degrees of freedom are not above 0.1 and at most 10,000.
 * @see Demarta and McNeil, "The t copula and related copulas", International Statistical Review 73, 2005
 * @example const base = studentTCopula({ dim: 8, degreesOfFreedom: 4, margin: { type: "student-t" } })
 */
export function studentTCopula(options: StudentTCopulaOptions): Distribution {
  const { dim, degreesOfFreedom = 5, learned = true } = options;
  const { parameters, halfLogDet, whiten, color } = correlation(dim);
  const { raw, nu } = degreesOfFreedomParameter("Student-t copula", [1], { degreesOfFreedom, learned });
  /** 0, 1, …, D − 1: what the degrees of freedom of a column grow by once those before it are known. */
  const known = constant(Float64Array.from({ length: dim }, (_, k) => k));

  return copulaBase(
    {
      parameters: { ...parameters, logDegreesOfFreedom: raw },
      logDensity(logit) {
        // x = √ν sinh u. Where margins are light, u is far beyond what sinh can take: everything is scaled by e^(−U)
        // with U the row's largest |u|.
        const u = evenQuantile(logit, (logTail) => studentTTailQuantile(logTail, nu));
        const largest = stopGradient(max(abs(u), 1, { keep: true }));
        const y = whiten(mul(0.5, sub(exp(sub(u, largest)), exp(neg(add(u, largest))))));
        const outer = reshape(largest, ["batch"]);
        const rest = log(add(exp(mul(-2, outer)), sum(mul(y, y), 1)));
        const joint = mul(mul(0.5, add(nu, dim)), add(mul(2, outer), rest));
        const single = mul(add(nu, 1), sum(logCosh(abs(u)), 1));
        return add(sub(sub(single, joint), halfLogDet), normalization());
      },
      noise: { uniform: 2 * dim, normal: 0 },
      sample({ uniform }) {
        // Given the columns before it, the next one is a Student-t with k more degrees of freedom, stretched by
        // √((ν + |y before|²) / (ν + k)); these factors are products of 1 + t_j² / (ν + j).
        const noise = uniform as Tensor;
        const conditional = add(nu, known);
        const drawn = studentTDraw(slice(noise, 1, 0, dim), slice(noise, 1, dim), conditional);
        const t = clamp(drawn, -largestDraw, largestDraw);
        const growth = log1p(div(mul(t, t), conditional));
        const stretch = exp(minimum(mul(0.5, cumulativeSum(growth, 1, { exclusive: true })), mostLogStretch));
        const x = color(mul(mul(t, sqrt(div(nu, conditional))), stretch));
        return evenLogit(x, (distance) => logStudentTTail(studentTCoordinate(distance, nu), nu).y);
      },
    },
    options,
    { type: "student-t-copula", ...(!learned && { learned }) },
  );

  /** log Γ((ν + D)/2) + (D − 1) log Γ(ν/2) − D log Γ((ν + 1)/2), as a sum of steps of ½. */
  function normalization(): Tensor {
    const half = (k: Tensor | number) => mul(0.5, add(nu, k));
    const steps = sub(logGammaHalfStep(half(known)), logGammaHalfStep(half(0)));
    return sum(add(steps, mul(0.5, log1p(div(known, nu)))));
  }
}
