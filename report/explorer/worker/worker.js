// Reads the page's text in a worker, so that typing never waits, and writes at its end.

const TURN = 25; // milliseconds of work between two checks for messages
const MOST_WRITTEN = 5000; // characters at a time
const LONGEST_TEXT = 200_000; // characters

let network = null; // {config, tensors}
let reader = null; // of the text, once the network is there
let broken = null; // a BrokenReading, while a cell is held at zero
let working = false;
let newMessage = false; // since the last turn began

/** What the page has asked for. */
const wanted = {
  text: [], // the characters that the page shows
  version: 0, // the number of this text
  answered: 0, // how many of its characters were reported to the page
  options: null, // temperature, min_p, top_p
  cell: 0, // the memory cell that colours the text
};
let toWrite = 0; // characters
let random = null; // gives random numbers for them
let questions = {}; // those without an answer: {look: position, compare: [start, end]}

/** The handlers of the page's messages. */
const handlers = {
  /** The page shows another network, and sends the text and the cell again. */
  network({ config, tensors }) {
    network = { config, tensors };
    reader = new Reader(new CharLSTM(config, tensors));
    broken = null;
    wanted.text = [];
    wanted.answered = 0;
    wanted.cell = 0;
    toWrite = 0;
    questions = {};
  },

  /**
   * The text was changed. The page has colours for its first `shown` characters, and for its first
   * `compared` those of what breaking a cell changes.
   */
  text({ value, version, shown, compared, seed }) {
    wanted.text = Array.from(value);
    wanted.version = version;
    reader.rewind(commonLength(wanted.text, reader.text));
    wanted.answered = Math.min(shown, reader.text.length);
    if (broken) broken.follow(wanted.text, compared);
    if (seed !== undefined) {
      toWrite = MOST_WRITTEN;
      random = randomNumbers(seed);
    }
  },

  options(options) {
    wanted.options = options;
  },

  cell(cell) {
    wanted.cell = cell;
    wanted.answered = 0; // all characters get a new colour
  },

  /** Reads the text a second time with this cell at zero, or no longer where it is null. */
  hold(cell) {
    broken = cell === null ? null : new BrokenReading(network, cell);
  },

  stop() {
    toWrite = 0;
  },
};

/** What the page can ask. */
const answers = {
  look: (position) => explain(reader, position, wanted.cell),
  compare: ([start, end]) => reactingCells(reader, start, end),
};

const isReading = () => reader.text.length < wanted.text.length;
const isWriting = () => toWrite > 0;
const isBreaking = () => broken !== null && broken.toRead(reader) > 0;

/** Whether there is, or may be, a character that the network knows: else nothing is predicted. */
const canContinue = () => isReading() || reader.prediction !== null;

/** Draws a character and appends it; stops where there is nothing to continue, or enough. */
function writeCharacter() {
  if (!canContinue() || reader.text.length >= LONGEST_TEXT) {
    toWrite = 0;
    return;
  }
  const q = probabilities(reader.prediction.p, wanted.options);
  const character = reader.network.chars[draw(q, random())];
  wanted.text.push(character);
  reader.read(character);
  toWrite -= 1;
}

/** Reads and writes for TURN milliseconds. */
function workForATurn() {
  const end = performance.now() + TURN;
  while (performance.now() < end) {
    if (isReading()) reader.read(wanted.text[reader.text.length]);
    else if (isWriting()) writeCharacter();
    else if (isBreaking()) broken.readOn(reader);
    else return;
  }
}

/** The answers to the page's questions; one about what was not read yet waits. */
function answerQuestions() {
  const found = {};
  for (const [name, about] of Object.entries(questions)) {
    const answer = answers[name](about);
    found[name] = answer;
    const isAnswered = answer !== undefined;
    const hasNoAnswer = !isAnswered && !isReading(); // and nothing is left that could give one
    if (isAnswered || hasNoAnswer) delete questions[name];
  }
  return found;
}

/** The likeliest characters that can come at the end of the text; null before it is read. */
function nextCharacters() {
  if (isReading() || reader.prediction === null) return null;
  const q = probabilities(reader.prediction.p, wanted.options);
  return likeliest(reader.network, q, 10);
}

/** Sends the page what was not reported yet. */
function report() {
  const start = wanted.answered;
  postMessage({
    version: wanted.version,
    toRead: wanted.text.length - reader.text.length, // characters that are still to be read
    isWriting: isWriting(),
    canContinue: canContinue(),
    start, // the lists begin with this character
    characters: reader.text.slice(start),
    surprisals: reader.surprisals.slice(start),
    values: reader.cells.slice(start).map((values) => values[wanted.cell]),
    next: nextCharacters(),
    broken: broken === null ? null : broken.news(reader),
    answers: answerQuestions(),
  });
  wanted.answered = reader.text.length;
}

/** Reads, writes and answers in turns until nothing is left to do. */
async function work() {
  working = true;
  while (newMessage || isReading() || isWriting() || isBreaking()) {
    newMessage = false;
    workForATurn();
    report();
    await nextTurn();
  }
  working = false;
}

onmessage = ({ data: [name, value] }) => {
  newMessage = true;
  if (name in handlers) handlers[name](value);
  else questions[name] = value;
  const ready = reader !== null && wanted.options !== null;
  if (ready && !working) work().catch(fail);
};
