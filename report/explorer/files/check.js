// A network in the files of a stranger: all of it is checked before anything is made of it.

const LARGEST = { "config.json": 1_000_000, "model.safetensors": 64_000_000 }; // bytes
const LARGEST_WEIGHT = 65_504; // in half precision: with such weights no sum here overflows

/** Before a file is read, from its size alone. */
function checkSize(name, bytes) {
  if (bytes <= LARGEST[name]) return;
  const size = `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;
  const limit = `${LARGEST[name] / 1e6} MB`;
  throw new InputError(`${name} has ${size}: this page reads at most ${limit}.`);
}

// The arguments of each class of networks, as shakespeare/ has them: Python refuses all others.
const OF_CHAR_LSTM = [
  "chars",
  "embedding_size",
  "hidden_size",
  "num_layers",
  "learning_rate",
  "weight_decay",
];
const OF_STRONG_LSTM = [...OF_CHAR_LSTM, "one_cycle", "dropout", "carry_state", "layer_norm"];
const OF_COPY_LSTM = [...OF_STRONG_LSTM, "copy_size", "memory"];
const ARGUMENTS = {
  CharLSTM: OF_CHAR_LSTM,
  StrongLSTM: OF_STRONG_LSTM,
  CopyLSTM: OF_COPY_LSTM,
};
// Without these no network can be built; Python has defaults for the others.
const REQUIRED = ["chars", "embedding_size", "hidden_size", "num_layers", "copy_size", "memory"];

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const isFlag = (value) => typeof value === "boolean";

/** A rule for whole numbers from 1: whether a value keeps it, and what it is in words. */
function wholeUpTo(highest) {
  const fits = (value) => Number.isInteger(value) && value >= 1 && value <= highest;
  return { fits, words: `a whole number from 1 to ${highest.toLocaleString("en")}` };
}

const FLAG = { fits: isFlag, words: "true or false" };
const RATE = { fits: (value) => isNumber(value) && value >= 0, words: "a number of at least 0" };
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
  hidden_size: wholeUpTo(2_048),
  num_layers: wholeUpTo(16),
  learning_rate: RATE,
  weight_decay: RATE,
  one_cycle: FLAG,
  dropout: SHARE,
  carry_state: FLAG,
  layer_norm: FLAG,
  copy_size: wholeUpTo(1_024),
  memory: wholeUpTo(1_000_000),
};
const RULES_OF_SAMPLING = {
  temperature: RATE,
  top_k: wholeUpTo(1_000_000),
  top_p: SHARE_ABOVE_0,
  min_p: SHARE,
};

function checkRule(name, value, { fits, words }) {
  if (fits(value)) return;
  throw new InputError(`config.json has ${name} = ${quote(value)}: it must be ${words}.`);
}

/** The contents of config.json from its bytes. Raises InputError for what Python would refuse. */
function readConfig(bytes) {
  const config = parseObject(bytes, "config.json");
  const { architecture, facts = {}, ...values } = config;
  const isKnown = typeof architecture === "string" && Object.hasOwn(ARGUMENTS, architecture);
  if (!isKnown) {
    const known = "this page reads CharLSTM, StrongLSTM and CopyLSTM";
    throw new InputError(`config.json has the architecture ${quote(architecture)}: ${known}.`);
  }
  const names = ARGUMENTS[architecture];
  for (const name of REQUIRED) {
    const isMissing = names.includes(name) && !Object.hasOwn(values, name);
    if (isMissing) throw new InputError(`config.json has no ${name}: a ${architecture} needs it.`);
  }
  for (const [name, value] of Object.entries(values)) {
    if (!names.includes(name)) {
      throw new InputError(`config.json has ${quote(name)}, which no ${architecture} has.`);
    }
    if (name === "chars") checkVocabulary(value);
    else checkRule(name, value, RULES[name]);
  }
  checkFacts(facts);
  return config;
}

/** One character of Unicode: not half of one, and none that a text in the page cannot hold. */
function isCharacter(value) {
  if (typeof value !== "string" || Array.from(value).length !== 1) return false;
  const code = value.codePointAt(0);
  const isHalf = code >= 0xd800 && code <= 0xdfff;
  return !isHalf && value !== "\r"; // the page, like Python, has "\n" at the end of every line
}

function checkVocabulary(chars) {
  if (!Array.isArray(chars) || chars.length === 0) {
    throw new InputError("config.json has no characters in chars: it must be a list of them.");
  }
  const seen = new Set();
  for (const character of chars) {
    if (!isCharacter(character)) {
      throw new InputError(`config.json has ${quote(character)} in chars, which is no character.`);
    }
    if (seen.has(character)) {
      throw new InputError(`config.json has ${quote(character)} twice in chars.`);
    }
    seen.add(character);
  }
}

/** What was chosen for the network after its training: the page takes only how to draw from it. */
function checkFacts(facts) {
  if (!isObject(facts)) throw new InputError("config.json has facts that are not a JSON object.");
  const { sampling = {} } = facts;
  if (!isObject(sampling)) {
    throw new InputError("config.json has facts.sampling, which is not a JSON object.");
  }
  for (const [name, value] of Object.entries(sampling)) {
    if (!Object.hasOwn(RULES_OF_SAMPLING, name)) {
      throw new InputError(`config.json has ${quote(name)} in facts.sampling, which is no option.`);
    }
    const isLeftOut = value === null && name !== "temperature"; // as None in Python
    if (!isLeftOut) checkRule(`facts.sampling.${name}`, value, RULES_OF_SAMPLING[name]);
  }
}

/** How to draw from a network: what was chosen for it, and else what leaves out nothing. */
function samplingOf(config) {
  const sampling = config.facts?.sampling ?? {};
  return {
    temperature: sampling.temperature ?? 1,
    min_p: sampling.min_p ?? 0,
    top_p: sampling.top_p ?? 1,
  };
}

/** {name: shape} of the weights that belong to a config, by the names that PyTorch gives them. */
function shapesOf(config) {
  const { chars, embedding_size, hidden_size, num_layers, layer_norm, copy_size } = config;
  const shapes = { "embedding.weight": [chars.length, embedding_size] };
  let inputSize = embedding_size;
  for (let number = 0; number < num_layers; number++) {
    shapes[`layers.${number}.weight_ih_l0`] = [4 * hidden_size, inputSize];
    shapes[`layers.${number}.weight_hh_l0`] = [4 * hidden_size, hidden_size];
    shapes[`layers.${number}.bias_ih_l0`] = [4 * hidden_size];
    shapes[`layers.${number}.bias_hh_l0`] = [4 * hidden_size];
    inputSize = hidden_size;
  }
  shapes["linear.weight"] = [chars.length, hidden_size];
  shapes["linear.bias"] = [chars.length];
  if (layer_norm) {
    for (let number = 0; number < num_layers; number++) {
      shapes[`norms.${number}.weight`] = [hidden_size];
      shapes[`norms.${number}.bias`] = [hidden_size];
    }
  }
  if (copy_size) {
    shapes["copy_head.query.weight"] = [copy_size, hidden_size];
    shapes["copy_head.query.bias"] = [copy_size];
    shapes["copy_head.key.weight"] = [copy_size, hidden_size];
    shapes["copy_head.write.weight"] = [1, hidden_size];
    shapes["copy_head.write.bias"] = [1];
  }
  return shapes;
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
    const needed = `config.json makes it ${expected.join(" × ")}`;
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
function readNetwork(configBytes, weightsBytes) {
  checkSize("config.json", configBytes.length);
  checkSize("model.safetensors", weightsBytes.length);
  const config = readConfig(configBytes);
  return { config, tensors: readWeights(weightsBytes, config) };
}
