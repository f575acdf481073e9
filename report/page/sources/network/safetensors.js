// Reads the file of the weights: https://huggingface.co/docs/safetensors
//
// It is the length of the header (8 bytes), the header (JSON, which says where each tensor begins
// and ends) and the numbers of the tensors, one tensor after the other. It may be untrusted.

import { InputError, parseObject } from "../shared/input.js";
import { CAN_OPEN, sizeOf } from "./config.js";

const DAMAGED = "model.safetensors is damaged, or has no numbers in F32 or F16.";
const OTHERS = `model.safetensors has other weights than config.json describes: ${CAN_OPEN}.`;
const BYTES_OF = { F32: 4, F16: 2 }; // of a number

/** The number that 16 bits in half precision (IEEE 754) encode. */
function fromHalf(bits) {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 0) return sign * 2 ** -14 * fraction; // below the smallest normal number
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * 2 ** (exponent - 15) * (1 + fraction);
}

const allHalves = new Float32Array(2 ** 16).map((_, bits) => fromHalf(bits)); // looked up: faster

/** The numbers of one tensor, row after row, from its bytes. */
function readNumbers(bytes, dtype) {
  const ownBuffer = bytes.slice().buffer; // so that it begins at a multiple of four bytes
  if (dtype === "F32") return new Float32Array(ownBuffer);
  const bits = new Uint16Array(ownBuffer);
  return Float32Array.from(bits, (each) => allHalves[each]);
}

/** The header's JSON, and the bytes behind it. */
function splitFile(bytes) {
  if (bytes.length < 8) throw new InputError(DAMAGED);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const end = 8 + Number(view.getBigUint64(0, true));
  const header = parseObject(bytes.subarray(8, end), "The header of model.safetensors");
  return { header, content: bytes.subarray(end) };
}

/**
 * {name: Float32Array} from the bytes of a file, which has tensors of these {name: shape} alone.
 *
 * Raises InputError for another file.
 */
export function readTensors(bytes, shapes) {
  const { header, content } = splitFile(bytes);
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  if (names.length !== Object.keys(shapes).length) throw new InputError(OTHERS);
  const tensors = {};
  for (const [name, expected] of Object.entries(shapes)) {
    const { dtype, shape, data_offsets: offsets } = header[name] ?? {};
    if (String(shape) !== String(expected)) throw new InputError(OTHERS);
    const ofTensor = content.subarray(offsets?.[0], offsets?.[1]);
    if (ofTensor.length !== sizeOf(expected) * BYTES_OF[dtype]) throw new InputError(DAMAGED);
    tensors[name] = readNumbers(ofTensor, dtype);
  }
  return tensors;
}
