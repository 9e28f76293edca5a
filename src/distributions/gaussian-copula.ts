// The Gaussian copula: the dependence of a multivariate normal, with other margins.

import { mul, sub, sum, type Tensor } from "../tensor/index.js";
import { type CopulaOptions, copulaBase } from "./copula.js";
import { correlation } from "./correlation.js";
import type { Distribution } from "./distribution.js";
import { buildMargin } from "./margins.js";

/**
 * Columns with the dependence of a multivariate normal: correlated, but independent in the tails.
 *
 *   log c(u) = −½ (|L^{-1} x|² − |x|²) − Σ log L_ii,   x = Φ^{-1}(u), correlation matrix L Lᵀ
 *
 * Parameters: `rawCorrelation`, [D (D − 1) / 2], see correlation.ts, and the margins'. Draws take D normals a row.
 * Kendall's τ of two columns is (2/π) asin ρ. Cost: O(D²) a row, O(D³) a batch.
 *
 * @see Nelsen, "An introduction to copulas", 2006, §2.3
 * @example const base = gaussianCopula({ dim: 8, margin: { type: "student-t" } })
 */
export function gaussianCopula(options: CopulaOptions): Distribution {
  const { dim } = options;
  const { parameters, halfLogDet, whiten, color } = correlation(dim);
  const normal = buildMargin({ type: "normal" }, dim);
  return copulaBase(
    {
      parameters,
      logDensity(logit) {
        const x = normal.quantile(logit);
        const y = whiten(x);
        return sub(mul(0.5, sum(sub(mul(x, x), mul(y, y)), 1)), halfLogDet);
      },
      noise: { uniform: 0, normal: dim },
      sample: (noise) => normal.logit(color(noise.normal as Tensor)),
    },
    options,
    { type: "gaussian-copula" },
  );
}
