// Learns the reader's text in a worker, so that the page never waits, and reports its progress.

import { InputError } from "../shared/input.js";
import { fail, nextTurn } from "../shared/turns.js";
import { Learner } from "./learner.js";

const TURN = 100; // milliseconds of learning between two checks for messages
const DECAY = 0.97; // how much of the smoothed loss a step keeps: it spans some 30 steps
const SAMPLE_SEED = 1; // always the same: only what was learned makes two samples differ
const SAMPLE_LENGTH = 200; // characters

/** The losses of steps, smoothed: late ones count more. */
class SmoothLoss {
  constructor() {
    this.total = 0;
    this.weight = 0; // of all losses in the total; 1 after many steps
  }

  add(loss) {
    this.total = DECAY * this.total + (1 - DECAY) * loss;
    this.weight = DECAY * this.weight + (1 - DECAY);
  }

  /** NaN before the first step. */
  value() {
    return this.total / this.weight;
  }
}

/** What happened since a network started to learn; without pauses. */
class Progress {
  constructor() {
    this.loss = new SmoothLoss();
    this.seconds = 0; // of learning and looking
    this.nextSample = 0; // the number of seconds at which it is due
    this.nextLoss = 0; // and that of a held-out loss, which takes longer
  }

  /** After a look that took `seconds`. Looks are frequent early, when the network changes most. */
  planLook(seconds, hadLoss) {
    const wait = Math.min(15, Math.max(1, this.seconds / 4));
    this.nextSample = this.seconds + wait;
    // So rare that it doesn't slow the learning down.
    if (hadLoss) this.nextLoss = this.seconds + Math.max(wait, 10 * seconds);
  }
}

let learner = null;
let progress = null; // of this learner
let learning = false; // whether it should learn
let working = false; // whether `work` is running

/** Sends the page a message. */
function tell(what, value) {
  postMessage([what, value]);
}

/** The handlers of the page's messages. */
const handlers = {
  /** Starts a new network. */
  start({ text, settings }) {
    learner = new Learner(text, settings);
    progress = new Progress();
    tell("started", learner.countsLoss());
    learning = true;
  },

  /** Resumes the learning with another learning rate. */
  resume({ learning_rate }) {
    if (!learner) return; // its loss has just become NaN
    learner.settings.learning_rate = learning_rate;
    learning = true;
  },

  pause() {
    learning = false;
  },

  /** Sends the network as it is now. */
  network() {
    if (learner) tell("network", { config: learner.config(), tensors: learner.tensors() });
  },
};

/** Looks at the network: what it writes and, if that is due, its held-out loss. */
function look() {
  const start = performance.now();
  const sample = learner.sample(SAMPLE_SEED, SAMPLE_LENGTH);
  const isDue = progress.seconds >= progress.nextLoss;
  const heldOut = isDue ? learner.heldOutLoss() : null;
  const { seconds: learned, loss } = progress;
  const characters = learner.charactersRead;
  tell("look", { characters, seconds: learned, loss: loss.value(), sample, heldOut });
  const seconds = (performance.now() - start) / 1000;
  progress.seconds += seconds;
  progress.planLook(seconds, isDue);
}

/** Learns for TURN milliseconds. */
function learnForATurn() {
  const start = performance.now();
  do {
    progress.loss.add(learner.step());
  } while (performance.now() < start + TURN);
  progress.seconds += (performance.now() - start) / 1000;
}

function report() {
  const { seconds, loss } = progress;
  tell("progress", { characters: learner.charactersRead, seconds, loss: loss.value() });
}

/** Learns in turns until the page pauses it. */
async function work() {
  working = true;
  while (learning) {
    if (progress.seconds >= progress.nextSample) look();
    learnForATurn();
    report();
    await nextTurn();
  }
  working = false;
}

/** The network can't be used any more: its loss is NaN, or there is an error in this code. */
function end(error) {
  working = false;
  learning = false;
  learner = null;
  if (error instanceof InputError) tell("failed", error.message);
  else fail(error);
}

onmessage = ({ data: [name, value] }) => {
  handlers[name](value);
  if (learning && !working) work().catch(end);
};
