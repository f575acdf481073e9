// Learns a text: what a worker calls. It has no timers and knows no page.

/** What trains a network, unless you choose otherwise. */
const LEARNING_DEFAULTS = {
  hidden_size: 64,
  learning_rate: 0.01,
  window: 32, // characters of each stream between two changes of the weights
  batch_size: 16, // streams that are read at once
  embedding_size: 16,
  num_layers: 1,
  seed: 1,
};

/** The least and the most of each whole number among them. */
const LEARNING_RANGES = {
  hidden_size: [1, 256],
  window: [1, 128],
  batch_size: [1, 64],
  embedding_size: [1, 128],
  num_layers: [1, 3],
  seed: [0, 2 ** 32 - 1],
};
const HIGHEST_LEARNING_RATE = 1;

const FEWEST_CHARACTERS = 1000; // of a text, as its `length` counts them: a tenth is held out
const MOST_CHARACTERS = 2_000_000; // the counts of the bar take memory
const MOST_DISTINCT = 1000; // different characters: each has a logit at each position

const HELD_OUT_READ = 5000; // held-out characters for a loss, which takes some tenths of a second
const PASSAGES = 10; // in which they are read: one passage may be much like the training text
const SMALLEST_P = 1e-30; // a probability that was rounded to 0 would have an infinite loss
const GRADIENT_LENGTH = 1; // a longer gradient is shortened to this

/** How a network that has learned in the page writes. */
const LEARNED_SAMPLING = { temperature: 0.8, min_p: 0.05 };

/** Throws an error for settings that are out of range. */
function checkLearning(settings) {
  for (const [name, [least, most]] of Object.entries(LEARNING_RANGES)) {
    const value = settings[name];
    const isAllowed = Number.isInteger(value) && value >= least && value <= most;
    const allowed = `a whole number from ${least} to ${most}`;
    if (!isAllowed) refuse(name, value, allowed);
  }
  const rate = settings.learning_rate;
  const isAllowed = Number.isFinite(rate) && rate > 0 && rate <= HIGHEST_LEARNING_RATE;
  if (!isAllowed) refuse("learning_rate", rate, `above 0 and at most ${HIGHEST_LEARNING_RATE}`);
}

function refuse(name, value, allowed) {
  throw new InputError(`The setting ${name} = ${value} is refused: it must be ${allowed}.`);
}

/** A text as Python reads it: each line ends with "\n", and no character is half of one. */
function readable(text) {
  return text.replace(/\r\n?/g, "\n").replace(/\p{Surrogate}/gu, "\ufffd");
}

/** The sorted distinct characters of a text. */
function vocabularyOf(text) {
  const chars = [...new Set(text)];
  return chars.sort((a, b) => a.codePointAt(0) - b.codePointAt(0));
}

const inEnglish = (number) => number.toLocaleString("en"); // 1,000

function checkLength({ length }) {
  const found = `The text has ${inEnglish(length)} characters`;
  if (length < FEWEST_CHARACTERS) {
    throw new InputError(`${found}: give at least ${inEnglish(FEWEST_CHARACTERS)}.`);
  }
  if (length > MOST_CHARACTERS) {
    throw new InputError(`${found}: give at most ${inEnglish(MOST_CHARACTERS)}.`);
  }
}

function checkDistinct({ length }) {
  if (length < 2) {
    throw new InputError("The text repeats one character: give one with something to predict.");
  }
  if (length > MOST_DISTINCT) {
    const found = `The text has ${inEnglish(length)} different characters`;
    throw new InputError(`${found}: give one with at most ${inEnglish(MOST_DISTINCT)}.`);
  }
}

/** The indices of a text's characters in its vocabulary. */
function encode(text, chars) {
  const indexOf = new Map(chars.map((character, index) => [character, index]));
  return Uint16Array.from(text, (character) => indexOf.get(character));
}

/** At most `most` characters of a text: passages of it at the same distance, one after the other. */
function spread(ids, most) {
  if (ids.length <= most) return ids;
  const length = Math.floor(most / PASSAGES);
  const chosen = new Uint16Array(PASSAGES * length);
  for (let number = 0; number < PASSAGES; number++) {
    const start = Math.floor((number * ids.length) / PASSAGES);
    chosen.set(ids.subarray(start, start + length), number * length);
  }
  return chosen;
}

/**
 * Reads a text in streams, from as many places at the same distance.
 *
 * The text is a ring: after its end a stream reads on at its start. So any window fits any text, and
 * the state of each stream can be carried from window to window.
 */
class Streams {
  constructor(ids, count) {
    this.ids = ids;
    this.position = 0; // of the first stream
    this.starts = Array.from({ length: count }, (_, k) => Math.floor((k * ids.length) / count));
  }

  /** The next characters of all streams, a row for each step, and those that follow them. */
  next(window) {
    const count = this.starts.length;
    const x = new Uint16Array(window * count);
    const y = new Uint16Array(window * count);
    for (let t = 0; t < window; t++) {
      this.starts.forEach((start, k) => {
        const position = start + this.position + t;
        x[t * count + k] = this.ids[position % this.ids.length];
        y[t * count + k] = this.ids[(position + 1) % this.ids.length];
      });
    }
    this.position += window;
    return { x, y };
  }
}

class Learner {
  /** Throws an error, a sentence for the reader, for a text or a setting that can't be used. */
  constructor(text, settings = {}) {
    this.settings = { ...LEARNING_DEFAULTS, ...settings };
    checkLearning(this.settings);
    const content = readable(text);
    checkLength(content); // first: the others take time
    this.chars = vocabularyOf(content);
    checkDistinct(this.chars);
    const ids = encode(content, this.chars);
    const trainEnd = Math.floor(0.9 * ids.length);
    this.train = ids.subarray(0, trainEnd);
    this.heldOut = ids.subarray(trainEnd);

    const { window, batch_size, seed } = this.settings;
    this.streams = new Streams(this.train, batch_size);
    this.network = new LearningLSTM(this.config(), randomNumbers(seed));
    this.network.resize(window, batch_size);
    this.adam = new Adam(this.network.parameters);
    this.charactersRead = 0;
  }

  /** Changes the learning rate or the window, {learning_rate, window}, from the next step on. */
  change({ learning_rate = this.settings.learning_rate, window = this.settings.window }) {
    const settings = { ...this.settings, learning_rate, window };
    checkLearning(settings);
    this.settings = settings;
    this.network.resize(window, settings.batch_size);
  }

  /** Learns from the next window of all streams. Returns its mean loss in nats, before learning. */
  step() {
    const { window, learning_rate } = this.settings;
    const { x, y } = this.streams.next(window);
    const loss = this.network.lossAndGradients(x, y);
    if (!Number.isFinite(loss)) {
      throw new InputError("The loss is no longer a number: start again with a lower learning rate.");
    }
    clip(this.network.parameters.gradients, GRADIENT_LENGTH);
    this.adam.step(learning_rate);
    this.charactersRead += x.length;
    return loss;
  }

  /** The mean loss in nats on at most `most` held-out characters, read in one pass. */
  heldOutLoss(most = HELD_OUT_READ) {
    const network = this.charLSTM();
    const state = network.start();
    const ids = spread(this.heldOut, most);
    let p = network.step(ids[0], state).prediction.p;
    let total = 0;
    for (const id of ids.subarray(1)) {
      total -= Math.log(Math.max(p[id], SMALLEST_P));
      p = network.step(id, state).prediction.p;
    }
    return total / (ids.length - 1);
  }

  /** The bar: the loss of counts of the training text, on the characters of `heldOutLoss`. */
  lossOfCounts(most = HELD_OUT_READ) {
    return lossOfCounts(this.train, spread(this.heldOut, most), this.chars.length);
  }

  /** A text of so many characters; the same seed draws the same random numbers. */
  sample(seed, count) {
    const network = this.charLSTM();
    const state = network.start();
    const random = randomNumbers(seed);
    const options = { top_p: 1, ...LEARNED_SAMPLING };
    let { p } = network.step(this.firstId(), state).prediction;
    let text = "";
    for (let written = 0; written < count; written++) {
      const id = draw(probabilities(p, options), random());
      text += this.chars[id];
      p = network.step(id, state).prediction.p;
    }
    return text;
  }

  /** What a sample continues: a line break, or without one the first character of the text. */
  firstId() {
    const lineBreak = this.chars.indexOf("\n");
    return lineBreak < 0 ? this.train[0] : lineBreak;
  }

  /** The contents of config.json, for this page and for CharLSTM.from_pretrained in Python. */
  config() {
    const { embedding_size, hidden_size, num_layers, learning_rate } = this.settings;
    return {
      architecture: "CharLSTM",
      chars: this.chars,
      embedding_size,
      hidden_size,
      num_layers,
      learning_rate,
      weight_decay: 0,
      facts: { sampling: LEARNED_SAMPLING },
    };
  }

  /** The weights as they are now, {name: Float32Array}; learning on doesn't change them. */
  tensors() {
    const { weights, shapes } = this.network.parameters;
    return byName(weights.slice(), shapes);
  }

  /** The network as it is now, for reading and writing; learning on doesn't change it. */
  charLSTM() {
    return new CharLSTM(this.config(), this.tensors());
  }
}
