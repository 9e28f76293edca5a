// The exact gradient of a dense layer in the coordinates that an estimator's gradient has: what it is compared with.

import { type Flow, type ParameterStore, Program, tensor } from "logdet";

const { add, cumulativeSum, identity, input, matmul, mul, reshape, sub, transpose } = tensor;

/** A layer y = x W + b and the exact gradient of the loss for W and b. */
export interface ExactLayer {
  readonly weight: Float64Array;
  readonly bias: Float64Array;
  readonly weightGradient: Float64Array;
  readonly biasGradient: Float64Array;
}

/** W and b of every dense layer of a flow by the layer's name, however they are held. */
export async function denseLayersOf(
  flow: Flow,
  store: ParameterStore,
): Promise<Map<string, Pick<ExactLayer, "weight" | "bias">>> {
  const { dim } = flow;
  const rows = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) rows[i * (dim + 1)] = 1;
  const found = new Map<string, Pick<ExactLayer, "weight" | "bias">>();
  const parts = (flow.bijection as Partial<{ parts: readonly Flow["bijection"][] }>).parts ?? [
    flow.bijection,
  ];
  for (const [i, part] of parts.entries()) {
    if (!part.config().type.endsWith("linear")) continue;
    const { y } = part.forward(input("x", ["batch", dim]));
    const program = await Program.compile({ y }, { parameters: store });
    const x = store.float === "float64" ? rows : Float32Array.from(rows);
    const bias = Float64Array.from(store.view(part.parameters.bias));
    const weight = Float64Array.from((await program.run({ x })).y, (value, k) => value - bias[k % dim]);
    found.set(`bijection.${i}`, { weight, bias });
    await program.release();
  }
  return found;
}

/** The layer's numbers as formulas. */
interface Symbols {
  readonly dim: number;
  readonly weight: tensor.Tensor;
  readonly bias: tensor.Tensor;
  /** ∇W and ∇b. */
  readonly slope: tensor.Tensor;
  readonly biasSlope: tensor.Tensor;
  /** A parameter of the layer by name. */
  readonly own: (name: string, shape: readonly number[]) => tensor.Tensor;
}

type Frame = (symbols: Symbols) => Readonly<Record<string, tensor.Tensor>>;

const ordinary: Frame = ({ slope, biasSlope }) => ({ weight: slope, bias: biasSlope });

/** Wᵀ∇W + bᵀ∇b, the gradient in the Lie algebra of the affine maps. */
const inAlgebra = ({ dim, weight, bias, slope, biasSlope }: Symbols) =>
  add(matmul(transpose(weight), slope), matmul(reshape(bias, [dim, 1]), reshape(biasSlope, [1, dim])));

const relative: Frame = ({ weight, slope, biasSlope }) => ({
  weight: matmul(weight, matmul(transpose(weight), slope)),
  bias: biasSlope,
});

const affine: Frame = (symbols) => {
  const { dim, weight, bias, biasSlope } = symbols;
  const g = inAlgebra(symbols);
  return {
    weight: matmul(weight, g),
    bias: add(reshape(matmul(reshape(bias, [1, dim]), g), [dim]), biasSlope),
  };
};

const frames: Readonly<Record<string, Frame>> = {
  exact: ordinary,
  "free-form": ordinary,
  relative,
  tracked: relative,
  "relative-affine": affine,
  published: affine,
  lie: (symbols) => ({ weight: inAlgebra(symbols), bias: symbols.biasSlope }),
  "self-normalizing": ({ slope, biasSlope }) => ({ weight: mul(0.5, slope), bias: biasSlope }),
  lu: ({ dim, slope, biasSlope, own }) => {
    const factors = own("factors", [dim, dim]);
    const below = cumulativeSum(identity(dim), 0);
    const strictly = sub(below, identity(dim));
    const lower = add(mul(factors, strictly), identity(dim));
    const upper = mul(factors, transpose(below));
    return {
      factors: add(
        mul(strictly, matmul(slope, transpose(upper))),
        mul(transpose(below), matmul(transpose(lower), slope)),
      ),
      bias: biasSlope,
    };
  },
  "rank-one": ({ dim, slope, biasSlope, own }) => ({
    column: matmul(slope, transpose(own("row", [1, dim]))),
    row: matmul(transpose(own("column", [dim, 1])), slope),
    bias: biasSlope,
  }),
};

/** What an estimator would give for the parameters of a layer, by name, if it were exact; float64. */
export async function exactInFrame(
  estimator: string,
  dim: number,
  layer: ExactLayer,
  parameters: Readonly<Record<string, Float64Array>>,
): Promise<Record<string, Float64Array>> {
  const given: Record<string, Float64Array> = { ...layer };
  const outputs = frames[estimator]({
    dim,
    weight: input("weight", [dim, dim]),
    bias: input("bias", [dim]),
    slope: input("weightGradient", [dim, dim]),
    biasSlope: input("biasGradient", [dim]),
    own(name, shape) {
      given[`own ${name}`] = parameters[name];
      return input(`own ${name}`, shape);
    },
  });
  const program = await Program.compile(outputs, { float: "float64" });
  const found = await program.run(given);
  const copies = Object.entries(found).map(([name, values]) => [name, Float64Array.from(values)]);
  await program.release();
  return Object.fromEntries(copies);
}
