// A network of the page as the two files that shakespeare/pretrained.py reads.

import { ARGUMENTS, shapesOf } from "../network/config.js";

/** config.json: what the class of the network takes in Python, without what the page adds. */
function writeConfig(config) {
  const { architecture } = config;
  const saved = { architecture, facts: config.facts ?? {} };
  for (const name of ARGUMENTS[architecture]) {
    if (Object.hasOwn(config, name)) saved[name] = config[name];
  }
  return new TextEncoder().encode(`${JSON.stringify(saved, null, 2)}\n`);
}

/** model.safetensors: the header says where each tensor is, and then come their numbers, as F32. */
function writeWeights(tensors, shapes) {
  const header = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const begin = end;
    end += tensors[name].byteLength;
    header[name] = { dtype: "F32", shape, data_offsets: [begin, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = 8 * Math.ceil(text.length / 8); // the tensors begin at a multiple of 8 bytes
  const content = 8 + length;
  const bytes = new Uint8Array(content + end).fill(0x20); // the header ends in spaces
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  const numbers = new Float32Array(bytes.buffer, content);
  for (const name of Object.keys(shapes)) {
    const [begin] = header[name].data_offsets;
    numbers.set(tensors[name], begin / 4);
  }
  return bytes;
}

/**
 * The files of a network by their names, as bytes for a Blob.
 *
 * They are what `openNetwork` reads, and in Python `from_pretrained` of their folder.
 */
export function networkFiles(config, tensors) {
  return {
    "config.json": writeConfig(config),
    "model.safetensors": writeWeights(tensors, shapesOf(config)),
  };
}
