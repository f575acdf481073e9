// The network in plain JavaScript, one character at a time; shakespeare/model.py explains it.
"use strict";

/** {name: Float32Array} from the bytes of a safetensors file in half precision. */
function readTensors(bytes) {
  const start = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const tensors = {};
  for (const [name, { data_offsets: [from, to] = [0, 0] }] of Object.entries(header)) {
    const halves = new Uint16Array(bytes.slice(start + from, start + to).buffer);
    tensors[name] = Float32Array.from(halves, (n) => { // sign, 5 bits of exponent, 10 of fraction
      const exponent = (n >> 10) & 31, fraction = (n & 1023) / 1024;
      const size = exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction;
      return n >> 15 ? -size : size;
    });
  }
  return tensors;
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** Sum of a[start + j] b[j]: four sums side by side are faster than one. */
function dot(a, b, start = 0) {
  let w = 0, x = 0, y = 0, z = 0, j = 0;
  for (; j + 3 < b.length; j += 4, start += 4) {
    w += a[start] * b[j];
    x += a[start + 1] * b[j + 1];
    y += a[start + 2] * b[j + 2];
    z += a[start + 3] * b[j + 3];
  }
  for (; j < b.length; j++, start++) w += a[start] * b[j];
  return w + x + y + z;
}

/** W x + b, where W is a matrix, row after row. */
function linear(W, x, b) {
  const y = new Float32Array(W.length / x.length);
  for (let row = 0; row < y.length; row++) y[row] = dot(W, x, row * x.length) + (b ? b[row] : 0);
  return y;
}

function softmax(scores) {
  const highest = scores.reduce((a, b) => Math.max(a, b));
  const p = scores.map((score) => Math.exp(score - highest));
  const total = p.reduce((a, b) => a + b);
  return p.map((each) => each / total);
}

/** Layer normalisation (Ba et al. 2016). */
function normalise(x, weight, bias) {
  const mean = x.reduce((a, b) => a + b) / x.length;
  const variance = x.reduce((sum, each) => sum + (each - mean) ** 2, 0) / x.length;
  return x.map((each, j) => ((each - mean) / Math.sqrt(variance + 1e-5)) * weight[j] + bias[j]);
}

class CharLSTM {
  /** From the contents of config.json and the bytes of model.safetensors. */
  constructor(config, bytes) {
    this.t = readTensors(bytes);
    [this.chars, this.size, this.memory] = [config.chars, config.hidden_size, config.memory];
    this.layers = Array.from({ length: config.num_layers }, (_, k) => {
      const of = (name) => this.t[`layers.${k}.${name}_l0`], b_hh = of("bias_hh");
      const norm = [this.t[`norms.${k}.weight`], this.t[`norms.${k}.bias`]];
      const b = of("bias_ih").map((bias, j) => bias + b_hh[j]);
      return { W_ih: of("weight_ih"), W_hh: of("weight_hh"), b, norm };
    });
  }

  /** What it carries: h and c of each layer; the keys and characters that it can copy. */
  start() {
    const zeros = () => new Float32Array(this.size);
    const layers = this.layers.map(() => ({ h: zeros(), c: zeros() }));
    return { layers, top: zeros(), keys: [], ids: [] };
  }

  /** Reads a character and changes the state: p of the next one, gates, what would be copied. */
  step(id, state) {
    const { t, size } = this, gates = [], width = t["embedding.weight"].length / this.chars.length;
    state.keys.push(linear(t["copy_head.key.weight"], state.top)); // of the state before it
    state.ids.push(id);
    let x = t["embedding.weight"].subarray(id * width, (id + 1) * width);
    this.layers.forEach(({ W_ih, W_hh, b, norm }, k) => {
      const { h, c } = state.layers[k];
      const a = linear(W_hh, h, linear(W_ih, x, b)); // of the gates i, f, g, o, side by side
      for (let j = 0; j < size; j++) {
        const f = (a[size + j] = sigmoid(a[size + j]));
        const i = (a[j] = sigmoid(a[j]));
        const o = (a[3 * size + j] = sigmoid(a[3 * size + j]));
        const g = (a[2 * size + j] = Math.tanh(a[2 * size + j]));
        c[j] = f * c[j] + i * g;
        h[j] = o * Math.tanh(c[j]);
      }
      gates.push(a);
      x = norm[0] ? normalise(h, ...norm) : h.slice(); // without layer normalisation
    });
    state.top = x;
    const query = linear(t["copy_head.query.weight"], x, t["copy_head.query.bias"]);
    const from = Math.max(0, state.ids.length - this.memory), root = Math.sqrt(query.length);
    const ours = linear(t["copy_head.write.weight"], x, t["copy_head.write.bias"]); // one score
    const scores = state.keys.slice(from).map((key) => dot(key, query) / root);
    const a = softmax(Float32Array.of(...ours, ...scores)), copy = a.subarray(1);
    const p = softmax(linear(t["linear.weight"], x, t["linear.bias"])).map((each) => a[0] * each);
    copy.forEach((share, j) => (p[state.ids[from + j]] += share));
    return { p, gates, copy, from };
  }
}
