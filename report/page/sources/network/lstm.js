// The network, one character at a time. shakespeare/model.py has the same equations in PyTorch.

import { CopyHead } from "./copying.js";
import { layerNorm, linear, sigmoid, softmax } from "./vectors.js";

/** One layer of an LSTM and, where the network has it, the layer normalisation of its output. */
class LSTMLayer {
  constructor(tensors, number) {
    const name = `layers.${number}`;
    const biasOfState = tensors[`${name}.bias_hh_l0`];
    this.inputWeight = tensors[`${name}.weight_ih_l0`]; // (4 hidden_size, size of the input)
    this.stateWeight = tensors[`${name}.weight_hh_l0`]; // (4 hidden_size, hidden_size)
    this.bias = tensors[`${name}.bias_ih_l0`].map((bias, j) => bias + biasOfState[j]);
    this.normWeight = tensors[`norms.${number}.weight`]; // undefined without normalisation
    this.normBias = tensors[`norms.${number}.bias`];
  }

  /** Reads x and changes the state {h, c}. */
  step(x, { h, c }) {
    const z = linear(this.stateWeight, h, linear(this.inputWeight, x, this.bias));
    const size = h.length;
    for (let j = 0; j < size; j++) {
      const i = sigmoid(z[j]);
      const f = sigmoid(z[size + j]);
      const g = Math.tanh(z[2 * size + j]);
      const o = sigmoid(z[3 * size + j]);
      c[j] = f * c[j] + i * g;
      h[j] = o * Math.tanh(c[j]);
    }
  }

  /** What the next layer sees of h: a copy, since h changes at the next character. */
  output({ h }) {
    return this.normWeight ? layerNorm(h, this.normWeight, this.normBias) : h.slice();
  }
}

export class CharLSTM {
  /**
   * From the contents of config.json, and the weights by the names that PyTorch gives them.
   *
   * `tensors` is what `readTensors` returns: {name: Float32Array}, a matrix row after row.
   */
  constructor(config, tensors) {
    this.chars = config.chars;
    this.hiddenSize = config.hidden_size;
    this.embedding = tensors["embedding.weight"]; // (vocab_size, embedding_size)
    this.embeddingSize = this.embedding.length / this.chars.length;
    this.layers = [];
    for (let number = 0; number < config.num_layers; number++) {
      this.layers.push(new LSTMLayer(tensors, number));
    }
    this.linearWeight = tensors["linear.weight"]; // (vocab_size, hidden_size)
    this.linearBias = tensors["linear.bias"];
    this.copyHead = config.copy_size ? new CopyHead(tensors, config.memory) : null;
  }

  /** The index of a character in the vocabulary, or -1 if the network never saw it. */
  idOf(character) {
    return this.chars.indexOf(character);
  }

  /**
   * The state before the first character.
   *
   * `layers` has h and c of each layer, `top` the output of the last one. `ids` are the characters
   * that were read, and `keys` what the copy head finds them by; these two only grow.
   */
  start() {
    const zeros = () => new Float32Array(this.hiddenSize);
    const layers = this.layers.map(() => ({ h: zeros(), c: zeros() }));
    return { layers, top: zeros(), keys: [], ids: [] };
  }

  /** Reads a character and changes the state. Returns the prediction of the next one. */
  step(id, state) {
    // The key comes first, because it is made of the state BEFORE this character.
    if (this.copyHead) state.keys.push(this.copyHead.key(state.top));
    state.ids.push(id);
    const begin = id * this.embeddingSize;
    let x = this.embedding.subarray(begin, begin + this.embeddingSize);
    this.layers.forEach((layer, number) => {
      layer.step(x, state.layers[number]);
      x = layer.output(state.layers[number]);
    });
    state.top = x;
    return this.predict(state);
  }

  /**
   * The prediction of the next character.
   *
   * `p` are the probabilities, `copied` is how much of each comes from copies, and `copies` how
   * much of them copies each character in memory: copies[k] is that of ids[firstCopied + k].
   */
  predict({ top, keys, ids }) {
    const written = softmax(linear(this.linearWeight, top, this.linearBias));
    const copied = new Float32Array(written.length);
    if (!this.copyHead) return { p: written, copied, copies: new Float32Array(0), firstCopied: 0 };
    const firstCopied = Math.max(0, ids.length - this.copyHead.memory);
    const { write, copies } = this.copyHead.attention(top, keys.slice(firstCopied));
    copies.forEach((share, k) => {
      copied[ids[firstCopied + k]] += share;
    });
    const p = written.map((each, id) => write * each + copied[id]);
    return { p, copied, copies, firstCopied };
  }
}

/** The same network without its copy head: it writes everything itself. */
export const withoutCopying = ({ config, tensors }) => new CharLSTM({ ...config, copy_size: 0 }, tensors);
