// Learns a text: what a worker calls. It has no timers and doesn't depend on the page.

import { samplingOf } from "../network/config.js";
import { CharLSTM } from "../network/lstm.js";
import { SMALLEST_P } from "../shared/surprisal.js";
import { vocabularyOf } from "../shared/texts.js";
import { draw, probabilities, randomNumbers } from "../worker/sampling.js";
import { Adam, clip } from "./adam.js";
import { countsLoss } from "./counts.js";
import { LearningLSTM } from "./learn.js";
import { byName } from "./parameters.js";

/** What trains a network; the page's form gives its value for the first. */
const LEARNING_DEFAULTS = {
  hidden_size: 128,
  window: 32, // characters of each stream between two changes of the weights
  batch_size: 8, // streams that are read at once
  embedding_size: 16,
  num_layers: 1,
};

// The learning rate falls from the first to the last, by the same factor at each character.
const FIRST_RATE = 0.02;
const LAST_RATE = 0.002;
const CHARACTERS_OF_FALL = 800_000; // then it stays

const HELD_OUT_READ = 5000; // held-out characters for a loss, which takes some tenths of a second
const PASSAGES = 10; // in which they are read: one passage may be much like the training text
const GRADIENT_LENGTH = 1; // a longer gradient is shortened to this

const START_SEED = 1; // always the same: only their texts and settings make two networks differ

/** How a network that learned in the page writes. */
const LEARNED_SAMPLING = { temperature: 0.8, min_p: 0.05 };

/** The indices of a text's characters in its vocabulary. */
function encode(text, chars) {
  const indexOf = new Map(chars.map((character, index) => [character, index]));
  return Uint32Array.from(text, (character) => indexOf.get(character));
}

/** At most `most` characters of a text: evenly spaced passages of it, one after the other. */
function spread(ids, most) {
  if (ids.length <= most) return ids;
  const length = Math.floor(most / PASSAGES);
  const chosen = new Uint32Array(PASSAGES * length);
  for (let number = 0; number < PASSAGES; number++) {
    const start = Math.floor((number * ids.length) / PASSAGES);
    chosen.set(ids.subarray(start, start + length), number * length);
  }
  return chosen;
}

/**
 * Reads a text in streams that start at evenly spaced positions.
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
    const x = new Uint32Array(window * count);
    const y = new Uint32Array(window * count);
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

export class Learner {
  /** A new network and its text, which was checked. */
  constructor(text, settings = {}) {
    this.settings = { ...LEARNING_DEFAULTS, ...settings };
    this.chars = vocabularyOf(text);
    const ids = encode(text, this.chars);
    const trainEnd = Math.floor(0.9 * ids.length);
    this.train = ids.subarray(0, trainEnd);
    this.heldOut = ids.subarray(trainEnd);

    const { window, batch_size } = this.settings;
    this.streams = new Streams(this.train, batch_size);
    this.network = new LearningLSTM(this.config(), batch_size, window, randomNumbers(START_SEED));
    this.adam = new Adam(this.network.parameters);
    this.charactersRead = 0;
    this.steps = 0;
  }

  /** The size of each step, after the characters that were read. */
  get learningRate() {
    const share = Math.min(1, this.charactersRead / CHARACTERS_OF_FALL);
    return FIRST_RATE * (LAST_RATE / FIRST_RATE) ** share;
  }

  /** Learns from the next window of all streams. Returns its mean loss in nats, before learning. */
  step() {
    const { x, y } = this.streams.next(this.settings.window);
    // One stream after the other begins with an empty state. A sample does, too, and a network that
    // had seen none since its first window might write noise from there.
    this.network.forget(this.steps % this.settings.batch_size);
    this.steps += 1;
    const loss = this.network.lossAndGradients(x, y);
    clip(this.network.parameters.gradients, GRADIENT_LENGTH);
    this.adam.step(this.learningRate);
    this.charactersRead += x.length;
    return loss;
  }

  /** The mean loss in nats on at most `most` held-out characters, read in one pass. */
  heldOutLoss(most = HELD_OUT_READ) {
    const network = this.charLSTM();
    const state = network.start();
    const ids = spread(this.heldOut, most);
    let { p } = network.step(ids[0], state);
    let total = 0;
    for (const id of ids.subarray(1)) {
      total -= Math.log(Math.max(p[id], SMALLEST_P));
      p = network.step(id, state).p;
    }
    return total / (ids.length - 1);
  }

  /** The mean loss of the counting model of the training text, on the characters of `heldOutLoss`. */
  countsLoss(most = HELD_OUT_READ) {
    return countsLoss(this.train, spread(this.heldOut, most), this.chars.length);
  }

  /** A text of `count` characters; the same seed draws the same random numbers. */
  sample(seed, count) {
    const network = this.charLSTM();
    const state = network.start();
    const random = randomNumbers(seed);
    const options = samplingOf(this.config());
    let { p } = network.step(this.firstId(), state);
    let text = "";
    for (let written = 0; written < count; written++) {
      const id = draw(probabilities(p, options), random());
      text += this.chars[id];
      p = network.step(id, state).p;
    }
    return text;
  }

  /** What a sample continues: a line break, or without one the first character of the text. */
  firstId() {
    const lineBreak = this.chars.indexOf("\n");
    return lineBreak < 0 ? this.train[0] : lineBreak;
  }

  /** The contents of config.json, for this page and for `from_pretrained` in Python. */
  config() {
    const { embedding_size, hidden_size, num_layers } = this.settings;
    return {
      architecture: "CharLSTM",
      chars: this.chars,
      embedding_size,
      hidden_size,
      num_layers,
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
