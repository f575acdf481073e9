// Reads the file of the weights: https://huggingface.co/docs/safetensors
//
// It is the length of the header (8 bytes), the header (JSON, which says where each tensor begins
// and ends) and the numbers of the tensors, one tensor after the other. It may be untrusted.

import { InputError, parseObject, quote } from "../shared/input.js";
import { sizeOf } from "./config.js";

const LONGEST_HEADER = 1_000_000; // bytes; that of our largest network has 2,500
const BYTES_OF = { F32: 4, F16: 2, BF16: 2 }; // of a number

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
export function readNumbers(bytes, dtype) {
  const ownBuffer = bytes.slice().buffer; // so that it begins at a multiple of four bytes
  if (dtype === "F32") return new Float32Array(ownBuffer);
  const bits = new Uint16Array(ownBuffer);
  const numbers = new Float32Array(bits.length);
  if (dtype === "F16") {
    bits.forEach((each, k) => {
      numbers[k] = allHalves[each];
    });
  } else {
    // BF16 is the upper half of a F32.
    const wholeBits = new Uint32Array(numbers.buffer);
    bits.forEach((each, k) => {
      wholeBits[k] = each << 16;
    });
  }
  return numbers;
}

/** The header's JSON, and the bytes behind it. */
function splitFile(bytes) {
  if (bytes.length < 8) throw new InputError("model.safetensors is truncated: it has no header.");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = view.getBigUint64(0, true);
  if (length > LONGEST_HEADER) {
    throw new InputError("model.safetensors is not a safetensors file, or its beginning is damaged.");
  }
  const headerEnd = 8 + Number(length);
  if (headerEnd > bytes.length) {
    throw new InputError("model.safetensors is truncated within its header.");
  }
  const header = parseObject(bytes.subarray(8, headerEnd), "The header of model.safetensors");
  return { header, content: bytes.subarray(headerEnd) };
}

const isWhole = (value) => Number.isSafeInteger(value) && value >= 0;
const isListOfWhole = (value) => Array.isArray(value) && value.every(isWhole);

/** One tensor by its entry in the header: {name, dtype, shape, begin, end}. */
function readEntry(name, entry) {
  const tensor = `The tensor ${quote(name)} in model.safetensors`;
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  const isDescribed = isListOfWhole(shape) && isListOfWhole(offsets) && offsets.length === 2;
  if (!isDescribed) throw new InputError(`${tensor} has no valid shape or offsets.`);
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES_OF, dtype)) {
    const known = "this page reads F32, F16 and BF16";
    throw new InputError(`${tensor} has numbers of the type ${quote(dtype)}: ${known}.`);
  }
  const [begin, end] = offsets;
  const needed = sizeOf(shape) * BYTES_OF[dtype];
  if (end - begin !== needed) {
    throw new InputError(`${tensor} doesn't have as many bytes as its shape needs.`);
  }
  return { name, dtype, shape, begin, end };
}

/** All tensors fill the content, one after the other; else the file is truncated or crafted. */
function checkOffsets(entries, length) {
  const inOrder = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of inOrder) {
    if (entry.begin !== end) {
      const tensor = `The tensor ${quote(entry.name)} in model.safetensors`;
      throw new InputError(`${tensor} does not begin where the one before it ends.`);
    }
    end = entry.end;
  }
  if (end > length) {
    throw new InputError("model.safetensors is truncated: tensors are missing at its end.");
  }
  if (end < length) throw new InputError("model.safetensors has extra bytes after its last tensor.");
}

/** The tensors of a file, not yet as numbers: [{name, dtype, shape, bytes}]. */
export function readEntries(bytes) {
  const { header, content } = splitFile(bytes);
  const entries = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name !== "__metadata__") entries.push(readEntry(name, entry));
  }
  checkOffsets(entries, content.length);
  return entries.map(({ name, dtype, shape, begin, end }) => {
    return { name, dtype, shape, bytes: content.subarray(begin, end) };
  });
}

/** {name: Float32Array} from the bytes of a trusted file; files/check.js reads the others. */
export function readTensors(bytes) {
  const tensors = {};
  for (const { name, dtype, bytes: ofTensor } of readEntries(bytes)) {
    tensors[name] = readNumbers(ofTensor, dtype);
  }
  return tensors;
}
