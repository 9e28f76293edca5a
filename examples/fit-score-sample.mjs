// The library in a minute: fit columns in memory, score rows, draw rows, ask how the density changes.
// Run it after `npm run build`: node examples/fit-score-sample.mjs
import { fit, Random } from "logdet";

// Two correlated columns, the second with two modes.
const random = new Random(1);
const height = Float64Array.from({ length: 2000 }, () => 170 + 10 * random.normal());
const weight = height.map((h) => 0.9 * h - 85 + (random.uniform() < 0.3 ? 15 : 0) + 4 * random.normal());

const { model } = await fit({ height, weight }, { seed: 1, epochs: 40 });

// Log-densities are in nats, per unit of the columns. Higher is more usual.
const [usual, odd] = await model.logProb([
  [170, 68],
  [150, 120],
]);
console.log(`170 cm, 68 kg:  ${usual.toFixed(1)} nats`);
console.log(`150 cm, 120 kg: ${odd.toFixed(1)} nats`);

// The score function says which way, and how steeply, the density rises: nats per cm and per kg.
const [perCm, perKg] = await model.scoreFunction([[150, 120]]);
console.log(
  `At the odd row the density rises by ${perCm.toFixed(2)} nats a cm, ${perKg.toFixed(2)} nats a kg.`,
);

// Rows come back row-major: height, weight, height, weight, ...
const rows = await model.sample(1000, { seed: 1 });
const mean = rows.filter((_, i) => i % 2 === 0).reduce((a, b) => a + b) / 1000;
console.log(`1000 drawn rows, mean height ${mean.toFixed(0)} cm`);
await model.release();
