// Learns the reader's text in a worker, so that the page never waits.
//
// The page sends what has changed, {name: value}, with the names of `handlers`; `report` answers.

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
let number = 0; // of its lesson
let progress = null; // of this learner
let isLearning = false; // whether it should learn
let working = false; // whether `work` is running

/** The handlers of what the page sends, in the order in which they act. */
const handlers = {
  /** A new network. */
  lesson(lesson) {
    number = lesson.number;
    learner = new Learner(lesson.text, lesson.settings);
    progress = new Progress();
    report({ lossOfCounts: learner.countsLoss() });
  },

  isLearning(value) {
    isLearning = value;
  },

  /** The page wants the network as it is now. */
  wantsNetwork() {
    report({ network: { config: learner.config(), tensors: learner.tensors() } });
  },
};

/** Sends the page how far the network is, and what is new besides. */
function report(news) {
  const { seconds, loss } = progress;
  const { charactersRead: characters, learningRate: rate } = learner;
  postMessage({ number, progress: { characters, seconds, rate, loss: loss.value() }, ...news });
}

/** Looks at the network: what it writes and, if that is due, its held-out loss. */
function look() {
  const start = performance.now();
  const sample = learner.sample(SAMPLE_SEED, SAMPLE_LENGTH);
  const isDue = progress.seconds >= progress.nextLoss;
  report({ look: { sample, heldOut: isDue ? learner.heldOutLoss() : null } });
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

/** Learns in turns until the page pauses it. */
async function work() {
  working = true;
  while (isLearning) {
    if (progress.seconds >= progress.nextSample) look();
    learnForATurn();
    report();
    await nextTurn();
  }
  working = false;
}

onmessage = ({ data: changed }) => {
  for (const [name, handle] of Object.entries(handlers)) {
    if (name in changed) handle(changed[name]);
  }
  if (isLearning && !working) work().catch(fail);
};
