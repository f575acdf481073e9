// Checks a network from untrusted files: that it can be built, and soon enough.

import { ARGUMENTS, CAN_OPEN, shapesOf, sizeOf } from "../network/config.js";
import { readTensors } from "../network/safetensors.js";
import { sum } from "../network/vectors.js";
import { InputError, parseObject } from "../shared/input.js";
import { grouped } from "../shared/numbers.js";

// Megabytes. The second is the room for MOST_WEIGHTS of four bytes, which is how the page saves them.
const LARGEST_FILES = { "config.json": 1, "model.safetensors": 65 };
const MOST_WEIGHTS = 16_000_000;
const MOST_CELLS = 2_048; // the page keeps a byte for each at every character
const MOST_PRODUCTS = 10_000_000; // of the copy head at a character: more would take minutes
const LARGEST_WEIGHT = 65_504; // in half precision: with such weights no sum here overflows
const SIZES = ["embedding_size", "hidden_size", "num_layers", "copy_size", "memory"];

/** Before a file is read, from its size in bytes alone. */
export function checkSize(name, bytes) {
  const limit = LARGEST_FILES[name];
  if (bytes > limit * 1e6) throw new InputError(`${name} is larger than ${limit} MB.`);
}

/** The contents of config.json from its bytes. Raises InputError unless the page can use it. */
function readConfig(bytes) {
  const config = parseObject(bytes, "config.json");
  if (!Object.hasOwn(ARGUMENTS, config.architecture)) {
    throw new InputError(`The network in config.json is of another class: ${CAN_OPEN}.`);
  }
  for (const name of SIZES) {
    if (!ARGUMENTS[config.architecture].includes(name)) continue;
    const fits = Number.isInteger(config[name]) && config[name] >= 1;
    if (!fits) throw new InputError(`config.json lacks ${name}, or it isn't a whole number from 1 on.`);
  }
  if (!isVocabulary(config.chars)) {
    throw new InputError("config.json lacks chars, or it isn't a list of different characters.");
  }
  checkNumbers(config);
  return config;
}

function isVocabulary(chars) {
  const isOne = (each) => typeof each === "string" && Array.from(each).length === 1;
  return Array.isArray(chars) && chars.every(isOne) && new Set(chars).size === chars.length;
}

function checkNumbers(config) {
  const { hidden_size, num_layers, memory = 0, copy_size = 0 } = config;
  checkNumber("memory cells in all its layers", hidden_size * num_layers, MOST_CELLS);
  checkNumber("products of memory and copy_size", memory * copy_size, MOST_PRODUCTS);
  const weights = sum(Object.values(shapesOf(config)).map(sizeOf)); // of no more layers than that
  checkNumber("weights", weights, MOST_WEIGHTS);
}

function checkNumber(what, number, most) {
  if (number <= most) return;
  throw new InputError(`The network has ${grouped(number)} ${what}: at most ${grouped(most)}.`);
}

/**
 * A network from the bytes of its two files: {config, tensors}, for `new CharLSTM`.
 *
 * Raises InputError, with what is wrong with them.
 */
export function readNetwork(configBytes, weightsBytes) {
  const config = readConfig(configBytes);
  const tensors = readTensors(weightsBytes, shapesOf(config));
  const isUsable = (weight) => Math.abs(weight) <= LARGEST_WEIGHT; // NaN isn't
  if (Object.values(tensors).every((each) => each.every(isUsable))) return { config, tensors };
  throw new InputError("model.safetensors has weights that are infinite or too large.");
}
