// The weights that a network learns, and how they start.

import { sizeOf } from "../network/config.js";
import { sum } from "../network/vectors.js";

/** Arrays by name that share the memory of `whole`, one after the other. */
export function byName(whole, shapes) {
  const arrays = {};
  let start = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const end = start + sizeOf(shape);
    arrays[name] = whole.subarray(start, end);
    start = end;
  }
  return arrays;
}

/** The weights of a network and their gradients: all in one array, and each by its name. */
export class Parameters {
  /** From the shape of each weight: {"linear.weight": [65, 64], ...}. */
  constructor(shapes) {
    const size = sum(Object.values(shapes).map(sizeOf));
    this.shapes = shapes;
    this.weights = new Float32Array(size);
    this.gradients = new Float32Array(size);
    this.weight = byName(this.weights, shapes);
    this.gradient = byName(this.gradients, shapes);
  }
}

/** A number of the normal distribution, from two uniform ones (Box and Muller 1958). */
function normal(random) {
  const radius = Math.sqrt(-2 * Math.log(1 - random())); // 1 - random() is never 0
  return radius * Math.cos(2 * Math.PI * random());
}

/**
 * Starts the weights as PyTorch does, but with open forget gates.
 *
 * The embedding is normal; all else is uniform, within 1 / sqrt(hiddenSize). `random` gives numbers
 * in [0, 1).
 */
export function startWeights({ weight }, hiddenSize, random) {
  const most = 1 / Math.sqrt(hiddenSize);
  const uniform = () => most * (2 * random() - 1);
  for (const [name, values] of Object.entries(weight)) {
    if (name === "embedding.weight") {
      fillWith(values, () => normal(random));
    } else if (name.endsWith("bias_ih_l0")) {
      fillWith(values, uniform);
      values.fill(1, hiddenSize, 2 * hiddenSize); // the forget gates
    } else if (name.endsWith("bias_hh_l0")) {
      values.fill(0); // PyTorch adds it to the other bias
    } else {
      fillWith(values, uniform);
    }
  }
}

/** Calls `next` for each value. */
function fillWith(values, next) {
  for (let j = 0; j < values.length; j++) {
    values[j] = next();
  }
}
