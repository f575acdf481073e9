// A network that learns: forward through a window of text, and backward through time by hand.
//
// lstm.js has the same network, but it reads one character at a time. Here it reads a window of
// several texts at once; tests/page/test_learning.py compares the two.
//
// notebooks/backward-pass.ipynb derives the equations. As there, dv is the derivative of
// the loss with respect to v. T is the window's length, B the number of texts that are read at once,
// V the vocabulary's size, E the embedding's and H the hidden state's.

import { shapesOf } from "../network/config.js";
import { sigmoid } from "../network/vectors.js";
import { Parameters, startWeights } from "./parameters.js";
import { addProduct, addRows, fillRows, inParts, transpose } from "./products.js";

/** A matrix of weights W that multiplies the vectors of a window, `rows` of them. */
class WeightMatrix {
  constructor(parameters, name, rows) {
    [this.outputs, this.inputs] = parameters.shapes[name];
    this.weight = parameters.weight[name]; // (outputs, inputs)
    this.gradient = parameters.gradient[name];
    this.transposed = new Float32Array(this.weight.length); // (inputs, outputs)
    this.transposedX = new Float32Array(this.inputs * rows); // (inputs, rows)
    this.transposedDy = new Float32Array(this.outputs * rows); // (outputs, rows)
  }

  /** Adds W x to y, for each row of x and y. */
  addWx(y, x) {
    addProduct(y, x, this.weight, this.inputs);
  }

  /** Must be called before `addBack` whenever the weights have changed. */
  transposeWeight() {
    transpose(this.transposed, this.weight, this.inputs);
  }

  /** Adds Wᵀ dy to dx, for each row. */
  addBack(dx, dy) {
    addProduct(dx, dy, this.transposed, this.outputs);
  }

  /** Adds dy xᵀ to the gradient of W, for each row of a window. */
  addGradient(dy, x) {
    const rows = x.length / this.inputs;
    transpose(this.transposedDy, dy, this.outputs);
    transpose(this.transposedX, x, this.inputs);
    addProduct(this.gradient, this.transposedDy, this.transposedX, rows);
  }
}

/** The index of cell k's input gate, in rows of 4 H gates; f, g and o are H, 2 H, 3 H further. */
function indexOfGate(k, H) {
  const cell = k % H;
  return 4 * (k - cell) + cell;
}

/** One layer of an LSTM, the same function as torch.nn.LSTM; its gates have the order i, f, g, o. */
class LearningLayer {
  /** Layer `number` of the network with these parameters, for windows of T steps of B texts. */
  constructor(parameters, number, B, T) {
    const name = `layers.${number}`;
    const rows = T * B;
    this.input = new WeightMatrix(parameters, `${name}.weight_ih_l0`, rows); // (4 H, size of the input)
    this.recurrent = new WeightMatrix(parameters, `${name}.weight_hh_l0`, rows); // (4 H, H)
    this.biasOfInput = parameters.weight[`${name}.bias_ih_l0`]; // (4 H,)
    this.biasOfState = parameters.weight[`${name}.bias_hh_l0`];
    this.dBiasOfInput = parameters.gradient[`${name}.bias_ih_l0`];
    this.dBiasOfState = parameters.gradient[`${name}.bias_hh_l0`];
    const H = this.recurrent.inputs;
    this.size = H;
    this.T = T;
    this.gates = new Float32Array(rows * 4 * H);
    this.dz = new Float32Array(rows * 4 * H);
    // The state before the window, at first zeros, then after each step.
    this.h = new Float32Array((T + 1) * B * H);
    this.c = new Float32Array((T + 1) * B * H);
    this.tanhC = new Float32Array(rows * H);
    this.output = this.h.subarray(B * H);
    this.oldH = this.h.subarray(0, rows * H); // before each step
    this.gatesAt = inParts(this.gates, T);
    this.dzAt = inParts(this.dz, T);
    this.hAt = inParts(this.h, T + 1);
    this.cAt = inParts(this.c, T + 1);
    this.tanhCAt = inParts(this.tanhC, T);
    this.dc = new Float32Array(B * H);
    this.dx = new Float32Array(rows * this.input.inputs);
  }

  /** Reads the inputs of a window, from the state after the last; its outputs are in `output`. */
  forward(x) {
    this.hAt[0].set(this.hAt[this.T]);
    this.cAt[0].set(this.cAt[this.T]);
    fillRows(this.gates, this.biasOfInput.map((bias, j) => bias + this.biasOfState[j]));
    this.input.addWx(this.gates, x);
    for (let t = 0; t < this.T; t++) {
      this.recurrent.addWx(this.gatesAt[t], this.hAt[t]);
      this.step(t);
    }
  }

  /** The next window begins with an empty state in one of the texts. */
  forget(number) {
    const H = this.size;
    for (const last of [this.hAt[this.T], this.cAt[this.T]]) last.fill(0, number * H, (number + 1) * H);
  }

  /** From z, which is in `gates`, to the gates, c and h. */
  step(t) {
    const H = this.size;
    const gates = this.gatesAt[t];
    const tanhC = this.tanhCAt[t];
    const oldC = this.cAt[t];
    const c = this.cAt[t + 1];
    const h = this.hAt[t + 1];
    for (let k = 0; k < c.length; k++) {
      const at = indexOfGate(k, H);
      const i = sigmoid(gates[at]);
      const f = sigmoid(gates[at + H]);
      const g = Math.tanh(gates[at + 2 * H]);
      const o = sigmoid(gates[at + 3 * H]);
      c[k] = f * oldC[k] + i * g;
      tanhC[k] = Math.tanh(c[k]);
      h[k] = o * tanhC[k];
      gates[at] = i;
      gates[at + H] = f;
      gates[at + 2 * H] = g;
      gates[at + 3 * H] = o;
    }
  }

  /**
   * From the derivatives of the outputs to those of the weights, and of the inputs in `dx`.
   *
   * `dh` (T B, H) is changed: each step adds what it passes to the step before.
   */
  backward(x, dh) {
    const dhAt = inParts(dh, this.T);
    this.input.transposeWeight();
    this.recurrent.transposeWeight();
    this.dc.fill(0); // there is no step after the last
    for (let t = this.T - 1; t >= 0; t--) {
      this.stepBack(t, dhAt[t]);
      if (t > 0) this.recurrent.addBack(dhAt[t - 1], this.dzAt[t]);
    }
    this.input.addGradient(this.dz, x);
    this.recurrent.addGradient(this.dz, this.oldH);
    addRows(this.dBiasOfInput, this.dz);
    addRows(this.dBiasOfState, this.dz);
    this.dx.fill(0);
    this.input.addBack(this.dx, this.dz);
  }

  /** From dh, and dc as the later step passed it, to dz, and dc for the step before. */
  stepBack(t, dh) {
    const H = this.size;
    const dc = this.dc;
    const gates = this.gatesAt[t];
    const dz = this.dzAt[t];
    const tanhC = this.tanhCAt[t];
    const oldC = this.cAt[t];
    for (let k = 0; k < dc.length; k++) {
      const at = indexOfGate(k, H);
      const i = gates[at];
      const f = gates[at + H];
      const g = gates[at + 2 * H];
      const o = gates[at + 3 * H];
      const dcHere = dc[k] + dh[k] * o * (1 - tanhC[k] ** 2);
      dz[at] = dcHere * g * i * (1 - i);
      dz[at + H] = dcHere * oldC[k] * f * (1 - f);
      dz[at + 2 * H] = dcHere * i * (1 - g ** 2);
      dz[at + 3 * H] = dh[k] * tanhC[k] * o * (1 - o);
      dc[k] = dcHere * f;
    }
  }
}

/** Embedding, LSTM layers, linear: shakespeare/model.py's CharLSTM, which learns here. */
export class LearningLSTM {
  /**
   * From the contents of its config.json, for windows of T characters of B texts at once.
   *
   * `random` gives random numbers in [0, 1) for the first weights.
   */
  constructor(config, B, T, random) {
    this.vocabSize = config.chars.length; // V
    this.embeddingSize = config.embedding_size; // E
    this.hiddenSize = config.hidden_size; // H
    this.parameters = new Parameters(shapesOf(config));
    startWeights(this.parameters, this.hiddenSize, random);
    this.embedding = this.parameters.weight["embedding.weight"]; // (V, E)
    this.dEmbedding = this.parameters.gradient["embedding.weight"];
    this.layers = [];
    for (let number = 0; number < config.num_layers; number++) {
      this.layers.push(new LearningLayer(this.parameters, number, B, T));
    }
    const rows = T * B;
    this.linear = new WeightMatrix(this.parameters, "linear.weight", rows); // (V, H)
    this.linearBias = this.parameters.weight["linear.bias"];
    this.dLinearBias = this.parameters.gradient["linear.bias"];
    this.x = new Float32Array(rows * this.embeddingSize);
    this.logits = new Float32Array(rows * this.vocabSize);
    this.dLogits = new Float32Array(rows * this.vocabSize);
    this.dh = new Float32Array(rows * this.hiddenSize);
  }

  /** Logits (T B, V) of the characters after `ids` (T B,); the state is carried. */
  forward(ids) {
    const size = this.embeddingSize;
    ids.forEach((id, row) => {
      this.x.set(this.embedding.subarray(id * size, (id + 1) * size), row * size);
    });
    let x = this.x;
    for (const layer of this.layers) {
      layer.forward(x);
      x = layer.output;
    }
    fillRows(this.logits, this.linearBias);
    this.linear.addWx(this.logits, x);
    return this.logits;
  }

  /** The mean loss in nats of a window whose next characters are `targets`, and all gradients. */
  lossAndGradients(ids, targets) {
    const logits = this.forward(ids);
    const loss = crossEntropy(logits, targets, this.dLogits);
    this.backward(ids);
    return loss;
  }

  /** The next window begins with an empty state in one of the texts. */
  forget(number) {
    for (const layer of this.layers) layer.forget(number);
  }

  /** From dLogits to the gradients of all weights. */
  backward(ids) {
    const highest = this.layers[this.layers.length - 1];
    this.parameters.gradients.fill(0);
    this.linear.addGradient(this.dLogits, highest.output);
    addRows(this.dLinearBias, this.dLogits);
    this.dh.fill(0);
    this.linear.transposeWeight();
    this.linear.addBack(this.dh, this.dLogits);
    let dOutput = this.dh;
    for (let number = this.layers.length - 1; number >= 0; number--) {
      const x = number > 0 ? this.layers[number - 1].output : this.x;
      this.layers[number].backward(x, dOutput);
      dOutput = this.layers[number].dx;
    }
    this.addEmbeddingGradient(ids, dOutput);
  }

  /** Adds the derivative of each input to that of its character's embedding. */
  addEmbeddingGradient(ids, dx) {
    const size = this.embeddingSize;
    for (let row = 0; row < ids.length; row++) {
      const start = ids[row] * size;
      for (let j = 0; j < size; j++) {
        this.dEmbedding[start + j] += dx[row * size + j];
      }
    }
  }
}

/**
 * The mean loss in nats, and its derivatives with respect to the logits (rows, V) in `dLogits`.
 *
 * Each row's derivative is p - y over the number of rows.
 */
function crossEntropy(logits, targets, dLogits) {
  const rows = targets.length;
  const V = logits.length / rows;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * V;
    const end = start + V;
    const target = start + targets[row];
    let highest = logits[start];
    for (let k = start; k < end; k++) {
      highest = Math.max(highest, logits[k]);
    }
    let powers = 0;
    for (let k = start; k < end; k++) {
      dLogits[k] = Math.exp(logits[k] - highest); // at most 1: no overflow
      powers += dLogits[k];
    }
    for (let k = start; k < end; k++) {
      dLogits[k] /= powers * rows;
    }
    dLogits[target] -= 1 / rows;
    total += Math.log(powers) - (logits[target] - highest);
  }
  return total / rows;
}
