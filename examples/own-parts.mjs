// For those who study flows: a bijection, a base, a Jacobian estimator and an optimizer of one's own, trained together.
// Run it after `npm run build`: node examples/own-parts.mjs
import {
  analyzeColumns,
  chain,
  constantRate,
  Flow,
  InMemoryRows,
  invertMonotone,
  linear,
  Random,
  splitRows,
  standardizedRows,
  Trainer,
  tableFromColumns,
  tensor,
} from "logdet";

const { add, exp, log, matmul, mul, neg, parameter, softplus, sub, sum, sumTo, tanh, transpose } = tensor;

/** A bijection: y = x + a tanh(x) for each column, a > 0 learned. log|dy/dx| = log(1 + a (1 − tanh² x)). */
function bump({ dim }) {
  const raw = parameter([dim], new Float64Array(dim));
  const at = (x) => {
    const t = tanh(x);
    const a = softplus(raw);
    return { y: add(x, mul(a, t)), derivative: add(1, mul(a, sub(1, mul(t, t)))) };
  };
  return {
    dim,
    parameters: { raw },
    forward(x) {
      const { y, derivative } = at(x);
      return { y, logDet: sum(log(derivative), 1) };
    },
    inverse(y) {
      const a = softplus(raw);
      const x = invertMonotone({ forward: at, y, low: sub(y, a), high: add(y, a), steps: 12 });
      return { x, logDet: neg(sum(log(at(x).derivative), 1)) };
    },
    config: () => ({ type: "bump", dim }),
  };
}

/** A base: independent standard Gumbel columns, log p = −z − exp(−z). */
function gumbel({ dim }) {
  return {
    dim,
    parameters: {},
    logProb: (z) => neg(sum(add(z, exp(neg(z))), 1)),
    noise: { uniform: dim, normal: 0 },
    sample: ({ uniform }) => neg(log(neg(log(uniform)))),
    config: () => ({ type: "gumbel", dim }),
  };
}

/**
 * An estimator: the mirror image of the relative gradient, dW = ∇W (Wᵀ W). The inverse cancels here too, and Δ Wᵀ is
 * a product that backpropagation needs anyway.
 */
const mirrored = {
  name: "mirrored",
  summary: "the relative gradient from the other side",
  rules: {
    linear: (y, upstream) => {
      const [x, weight, bias] = y.inputs;
      const back = matmul(upstream, transpose(weight));
      return [back, matmul(transpose(x), matmul(back, weight)), sumTo(upstream, bias.shape)];
    },
    logAbsDet: (node, upstream) => [mul(upstream, node.inputs[0]), undefined],
  },
  update: "add",
  exact: true,
};

/** An optimizer: steps of one size in the direction of the gradient's signs. */
const signDescent = {
  name: "sign-descent",
  slots: [],
  update({ target, gradient, learningRate }) {
    for (let i = 0; i < target.length; i++) target[i] -= learningRate * Math.sign(gradient[i]);
  },
};

// Skewed, mixed data.
const random = new Random(1);
const u = Float64Array.from({ length: 3000 }, () => -Math.log(-Math.log(random.uniform())));
const v = Float64Array.from({ length: 3000 }, () => -Math.log(-Math.log(random.uniform())));
const table = tableFromColumns([
  { name: "a", values: u.map((x, i) => 2 * x - v[i]) },
  { name: "b", values: u.map((x, i) => x + v[i]) },
]);
const { plans } = analyzeColumns(table);
const { train, validation } = splitRows(table.rows, 0.2, random.split("split"));

const dim = plans.length;
const flow = new Flow(chain([linear({ dim }), bump({ dim }), linear({ dim })]), gumbel({ dim }));
const trainer = await Trainer.create(flow, {
  batches: new InMemoryRows(table, plans, train).batches({ batchSize: 200, random }),
  validation: standardizedRows(table, plans, validation),
  training: standardizedRows(table, plans, train.slice(0, 500)),
  estimator: mirrored,
  optimizer: signDescent,
  schedule: constantRate(),
  learningRate: 2e-3,
  steps: 1000,
  evaluateEvery: 100,
});
await trainer.run();
const [first] = trainer.history;
console.log(
  `validation loss: ${first.validationNll.toFixed(2)} at the start, ${trainer.best.validationNll.toFixed(2)} nats a row at its best`,
);
await trainer.release();
