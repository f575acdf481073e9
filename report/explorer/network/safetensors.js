// Reads the file of the weights: https://huggingface.co/docs/safetensors

/** The number that 16 bits in half precision (IEEE 754) encode; weights are always finite. */
function fromHalf(bits) {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 0) return sign * 2 ** -14 * fraction; // below the smallest normal number
  return sign * 2 ** (exponent - 15) * (1 + fraction);
}

/** The numbers of one tensor, row after row, from its bytes. */
function readNumbers(bytes, dtype) {
  const ownBuffer = bytes.slice().buffer; // so that it begins at a multiple of four bytes
  if (dtype === "F32") return new Float32Array(ownBuffer);
  if (dtype === "F16") return Float32Array.from(new Uint16Array(ownBuffer), fromHalf);
  throw new Error(`The weights have type ${dtype}; only F16 and F32 can be read.`);
}

/**
 * {name: Float32Array} from the bytes of a safetensors file.
 *
 * The file is the length of the header (8 bytes), the header (JSON, which says where each tensor
 * begins and ends) and the tensors.
 */
function readTensors(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const headerEnd = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, headerEnd)));
  const content = bytes.subarray(headerEnd);
  const tensors = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [begin, end] = entry.data_offsets;
    tensors[name] = readNumbers(content.subarray(begin, end), entry.dtype);
  }
  return tensors;
}
