// Learns the reader's text in a worker, so that the page never waits, and tells how far it is.

const TURN = 100; // milliseconds of learning between two looks at what the page says
const DECAY = 0.97; // how much of the smoothed loss a step keeps: it spans some 30 steps
const SAMPLE_SEED = 1; // always the same: only what was learned makes two samples differ
const SAMPLE_LENGTH = 200; // characters

// Looks at the network: what it writes, and its held-out loss. Much changes early, little later.
const SHORTEST_WAIT = 1; // seconds of learning from one look to the next
const LONGEST_WAIT = 15;
const WAIT = 1 / 4; // of the seconds that it has learned
const MEASURING = 1 / 20; // the part of the time that the held-out loss may take,
const MEASURING_FIRST = 1; // after so many seconds of it, which early looks may take

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
    this.nextLook = 0; // at so many seconds
    this.measuring = 0; // seconds that held-out losses took
    this.resumed = { seconds: 0, characters: 0 }; // when the settings may have changed
  }

  /** Characters a second since the learning was started or resumed. */
  rate(characters) {
    return (characters - this.resumed.characters) / (this.seconds - this.resumed.seconds);
  }

  mayMeasure() {
    return this.measuring <= MEASURING_FIRST + MEASURING * this.seconds;
  }

  planLook() {
    const wait = Math.min(LONGEST_WAIT, Math.max(SHORTEST_WAIT, WAIT * this.seconds));
    this.nextLook = this.seconds + wait;
  }
}

let learner = null;
let progress = null; // of this learner
let learning = false; // whether it is to learn
let working = false; // whether `work` is at it

/** Tells the page something. */
function tell(what, value) {
  postMessage([what, value]);
}

/** What the page can say. */
const orders = {
  /** Starts a new network; if text or settings can't be used, the old one stays. */
  start({ text, settings }) {
    learning = false;
    learner = new Learner(text, settings);
    progress = new Progress();
    tell("started", { cells: learner.settings.hidden_size, bar: learner.lossOfCounts() });
    learning = true;
  },

  /** Learns on, perhaps with another learning rate or window: {learning_rate, window}. */
  resume(changes) {
    learner.change(changes);
    progress.resumed = { seconds: progress.seconds, characters: learner.charactersRead };
    learning = true;
  },

  pause() {
    learning = false;
  },

  /** Gives the network as it is now. */
  network() {
    if (learner) tell("network", { config: learner.config(), tensors: learner.tensors() });
  },
};

/** Writes a sample and, if it didn't take too much time so far, measures the held-out loss. */
function look() {
  const found = { sample: learner.sample(SAMPLE_SEED, SAMPLE_LENGTH), heldOut: null };
  if (progress.mayMeasure()) {
    const start = performance.now();
    found.heldOut = learner.heldOutLoss();
    progress.measuring += (performance.now() - start) / 1000;
  }
  tell("look", { characters: learner.charactersRead, seconds: progress.seconds, ...found });
  progress.planLook();
}

/** Learns for TURN milliseconds, and looks at the network from time to time. */
function learnForATurn() {
  const start = performance.now();
  if (progress.seconds >= progress.nextLook) look();
  do {
    progress.loss.add(learner.step());
  } while (performance.now() < start + TURN);
  progress.seconds += (performance.now() - start) / 1000;
}

function report() {
  const characters = learner.charactersRead;
  const { seconds } = progress;
  const rate = progress.rate(characters);
  tell("progress", { characters, seconds, rate, loss: progress.loss.value() });
}

/** Learns in turns until the page says that it is enough. */
async function work() {
  working = true;
  while (learning) {
    learnForATurn();
    report();
    await nextTurn();
  }
  working = false;
}

/** The network can't be used any more: its loss is no number, or there is an error in this code. */
function end(error) {
  working = false;
  learning = false;
  learner = null;
  if (error instanceof InputError) tell("failed", error.message);
  else fail(error);
}

/** Does what the page says, or tells it why not. */
function obey(order, value) {
  try {
    orders[order](value);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    tell("refused", error.message);
  }
}

onmessage = ({ data: [order, value] }) => {
  obey(order, value);
  if (learning && !working) work().catch(end);
};
