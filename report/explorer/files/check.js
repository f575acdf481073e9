// Checks a network from untrusted files before anything is built from it.

import { ARGUMENTS, classOf, IGNORED, shapesOf, sizeOf } from "../network/config.js";
import { readEntries, readNumbers } from "../network/safetensors.js";
import { cut, InputError, isObject, parseObject, quote } from "../shared/input.js";
import { grouped } from "../shared/numbers.js";

// Bytes. The second is the room for MOST_WEIGHTS of four bytes, which is how the page saves them, and
// for a header.
const LARGEST_FILES = { "config.json": 1_000_000, "model.safetensors": 65_000_000 };
const MOST_WEIGHTS = 16_000_000;
const MOST_PRODUCTS = 10_000_000; // of the copy head at a character: as many as a large network has
const MOST_CELLS = 2_048; // the page keeps a byte for each at every character
const LARGEST_WEIGHT = 65_504; // in half precision: with such weights no sum here overflows

/** Before a file is read, from its size alone. */
export function checkSize(name, bytes) {
  if (bytes <= LARGEST_FILES[name]) return;
  const size = grouped(Math.ceil(bytes / 1e6));
  const limit = LARGEST_FILES[name] / 1e6;
  throw new InputError(`${name} is ${size} MB: this page reads at most ${limit} MB.`);
}

// Without these no network can be built; Python has defaults for the others.
const REQUIRED = ["chars", "embedding_size", "hidden_size", "num_layers", "copy_size", "memory"];

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const isFlag = (value) => typeof value === "boolean";

/** A rule for whole numbers from 1: whether a value keeps it, and what it is in words. */
function wholeUpTo(highest) {
  const fits = (value) => Number.isInteger(value) && value >= 1 && value <= highest;
  return { fits, words: `a whole number from 1 to ${grouped(highest)}` };
}

const FLAG = { fits: isFlag, words: "true or false" };
const AT_LEAST_0 = {
  fits: (value) => isNumber(value) && value >= 0,
  words: "a number of at least 0",
};
const SHARE = {
  fits: (value) => isNumber(value) && value >= 0 && value <= 1,
  words: "a number from 0 to 1",
};
const SHARE_ABOVE_0 = {
  fits: (value) => SHARE.fits(value) && value > 0,
  words: "a number above 0, at most 1",
};

const RULES = {
  embedding_size: wholeUpTo(2_048),
  hidden_size: wholeUpTo(MOST_CELLS),
  num_layers: wholeUpTo(16),
  dropout: SHARE,
  layer_norm: FLAG,
  copy_size: wholeUpTo(1_024),
  memory: wholeUpTo(1_000_000),
};
const RULES_OF_SAMPLING = {
  temperature: AT_LEAST_0,
  top_k: wholeUpTo(1_000_000),
  top_p: SHARE_ABOVE_0,
  min_p: SHARE,
};

function checkRule(name, value, { fits, words }) {
  if (fits(value)) return;
  throw new InputError(`config.json has ${name} = ${quote(value)}: it must be ${words}.`);
}

/** The contents of config.json from its bytes. Raises InputError unless the page can use it. */
function readConfig(bytes) {
  const config = parseObject(bytes, "config.json");
  const { architecture, facts = {}, ...values } = config;
  checkArchitecture(config);
  const names = ARGUMENTS[classOf(config)];
  for (const name of REQUIRED) {
    const isMissing = names.includes(name) && !Object.hasOwn(values, name);
    if (isMissing) throw new InputError(`config.json has no ${name}: a ${architecture} needs it.`);
  }
  for (const [name, value] of Object.entries(values)) {
    if (IGNORED.includes(name)) continue;
    if (!names.includes(name)) {
      const reason = `which a ${architecture} doesn't take`;
      throw new InputError(`config.json has ${quote(name)}, ${reason}.`);
    }
    if (name === "chars") checkVocabulary(value);
    else checkRule(name, value, RULES[name]);
  }
  checkFacts(facts);
  checkNumberOfCells(config);
  checkMemory(config);
  checkNumberOfWeights(config);
  return config;
}

function checkArchitecture(config) {
  const { architecture } = config;
  const isKnown = typeof architecture === "string" && Object.hasOwn(ARGUMENTS, classOf(config));
  if (isKnown) return;
  const known = "this page reads CharLSTM, NormDropoutLSTM and CopyLSTM";
  if (architecture === undefined) {
    throw new InputError(`config.json has no architecture: ${known}.`);
  }
  throw new InputError(`config.json has the architecture ${quote(architecture)}: ${known}.`);
}

function checkNumberOfCells({ hidden_size, num_layers }) {
  const cells = hidden_size * num_layers;
  if (cells <= MOST_CELLS) return;
  const found = `config.json has ${grouped(cells)} memory cells in all its layers`;
  throw new InputError(`${found}: this page opens at most ${grouped(MOST_CELLS)}.`);
}

function checkMemory({ memory = 0, copy_size = 0 }) {
  const products = memory * copy_size; // for each character
  if (products <= MOST_PRODUCTS) return;
  const found = `config.json has a memory of ${grouped(memory)} with copy_size ${grouped(copy_size)}`;
  throw new InputError(`${found}: together at most ${grouped(MOST_PRODUCTS)}, or it would take minutes.`);
}

function checkNumberOfWeights(config) {
  let weights = 0;
  for (const shape of Object.values(shapesOf(config))) weights += sizeOf(shape);
  if (weights <= MOST_WEIGHTS) return;
  const found = `config.json requires ${grouped(weights)} weights`;
  throw new InputError(`${found}: this page opens at most ${grouped(MOST_WEIGHTS)}.`);
}

/** One character of Unicode: no lone surrogate, and none that a text in the page cannot hold. */
function isCharacter(value) {
  if (typeof value !== "string" || Array.from(value).length !== 1) return false;
  const code = value.codePointAt(0);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return !isSurrogate && value !== "\r"; // the page, like Python, has "\n" at the end of every line
}

function checkVocabulary(chars) {
  if (!Array.isArray(chars) || chars.length === 0) {
    throw new InputError("config.json's chars must be a list with at least one character.");
  }
  const seen = new Set();
  for (const character of chars) {
    if (!isCharacter(character)) {
      const found = `config.json has ${quote(character)} in chars`;
      throw new InputError(`${found}, which isn't a single character.`);
    }
    if (seen.has(character)) {
      throw new InputError(`config.json has ${quote(character)} twice in chars.`);
    }
    seen.add(character);
  }
}

/**
 * What was chosen for the network after its training: the page uses only how to draw from it.
 *
 * It accepts `top_k`, but has no such setting: see `samplingOf`.
 */
function checkFacts(facts) {
  if (!isObject(facts)) throw new InputError("config.json has facts that are not a JSON object.");
  const { sampling = {} } = facts;
  if (!isObject(sampling)) {
    throw new InputError("config.json has facts.sampling, which is not a JSON object.");
  }
  for (const [name, value] of Object.entries(sampling)) {
    if (!Object.hasOwn(RULES_OF_SAMPLING, name)) {
      const known = "the page knows temperature, top_k, top_p and min_p";
      throw new InputError(`config.json has ${quote(name)} in facts.sampling: ${known}.`);
    }
    const isLeftOut = value === null && name !== "temperature"; // as None in Python
    if (!isLeftOut) checkRule(`facts.sampling.${name}`, value, RULES_OF_SAMPLING[name]);
  }
}

/** {name: Float32Array}, exactly those that the config describes, from model.safetensors. */
function readWeights(bytes, config) {
  const shapes = shapesOf(config);
  const entries = new Map(readEntries(bytes).map((entry) => [entry.name, entry]));
  for (const name of entries.keys()) {
    if (!Object.hasOwn(shapes, name)) {
      const tensor = `the tensor ${quote(name)}`;
      throw new InputError(`model.safetensors has ${tensor}, which config.json does not describe.`);
    }
  }
  const tensors = {};
  for (const [name, shape] of Object.entries(shapes)) {
    if (!entries.has(name)) throw new InputError(`model.safetensors lacks the tensor ${name}.`);
    tensors[name] = readWeight(entries.get(name), shape);
  }
  return tensors;
}

function readWeight({ name, dtype, shape, bytes }, expected) {
  if (shape.join() !== expected.join()) {
    const found = cut(shape.join(" × "));
    const needed = `config.json requires ${expected.join(" × ")}`;
    throw new InputError(`model.safetensors has ${name} in the shape ${found}: ${needed}.`);
  }
  const numbers = readNumbers(bytes, dtype);
  const isUsable = numbers.every((number) => Math.abs(number) <= LARGEST_WEIGHT); // NaN is not
  if (!isUsable) {
    throw new InputError(`model.safetensors has numbers in ${name} that are infinite or too large.`);
  }
  return numbers;
}

/**
 * A network from the bytes of its two files: {config, tensors}, for `new CharLSTM`.
 *
 * Raises InputError, with the name of the file and what is wrong with it.
 */
export function readNetwork(configBytes, weightsBytes) {
  checkSize("config.json", configBytes.length);
  checkSize("model.safetensors", weightsBytes.length);
  const config = readConfig(configBytes);
  return { config, tensors: readWeights(weightsBytes, config) };
}
