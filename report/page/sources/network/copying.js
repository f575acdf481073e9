// The copy head of shakespeare/beyond/copying.py: which character followed a similar context?

import { dot, linear, softmax } from "./vectors.js";

export class CopyHead {
  /** From the network's tensors; `memory` is how many characters back it can copy. */
  constructor(tensors, memory) {
    this.keyWeight = tensors["copy_head.key.weight"];
    this.queryWeight = tensors["copy_head.query.weight"];
    this.queryBias = tensors["copy_head.query.bias"];
    this.writeWeight = tensors["copy_head.write.weight"];
    this.writeBias = tensors["copy_head.write.bias"];
    this.memory = memory;
  }

  /** The key of a character, from the network's state h BEFORE the character. */
  key(h) {
    return linear(this.keyWeight, h);
  }

  /**
   * How much the network in state h writes itself, and how much it copies of each key's character.
   *
   * `write` and all elements of `copies` sum to 1.
   */
  attention(h, keys) {
    const query = linear(this.queryWeight, h, this.queryBias);
    const scale = Math.sqrt(query.length);
    const [writeScore] = linear(this.writeWeight, h, this.writeBias);
    const scores = new Float32Array(1 + keys.length);
    scores[0] = writeScore;
    keys.forEach((key, k) => {
      scores[1 + k] = dot(key, query) / scale;
    });
    const shares = softmax(scores);
    return { write: shares[0], copies: shares.subarray(1) };
  }
}
