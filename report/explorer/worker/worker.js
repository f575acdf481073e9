// Reads the page's text in a worker, so that typing never waits, and writes at its end.

const TURN = 25; // milliseconds of work between two checks for messages
const MOST_WRITTEN = 5000; // characters at a time
const LONGEST_TEXT = 200_000; // characters

let network = null; // {config, tensors}
let reader = null; // of the text, once the network is there
let comparison = null; // a Comparison, while cells are held at zero and `reader` lacks them
let working = false;
let newMessage = false; // since the last turn began

/** What the page has asked for. */
const wanted = {
  text: [], // the characters that the page shows
  version: 0, // the number of this text
  answered: 0, // how many of its characters were reported to the page
  options: null, // temperature, min_p, top_p
  cell: 0, // the memory cell that colours the text
  readTo: Infinity, // it reads no further, so that somebody can watch
};
let session = null; // {random, left} from the order to write until it has ended
let toWrite = 0; // characters that may be written now: one, for somebody who watches
let questions = {}; // those without an answer: {look: position, score: what}

/** The handlers of the page's messages. */
const handlers = {
  /** The page shows another network, and sends the text and the cell again. */
  network({ config, tensors }) {
    network = { config, tensors };
    reader = new Reader(new CharLSTM(config, tensors));
    comparison = null;
    wanted.text = [];
    wanted.answered = 0;
    wanted.cell = 0;
    wanted.readTo = Infinity;
    session = null;
    questions = {};
  },

  /**
   * The text was changed. The page has colours for its first `shown` characters, and for its first
   * `compared` what holding cells at zero changes.
   */
  text({ value, version, shown, compared, seed }) {
    wanted.text = Array.from(value);
    wanted.version = version;
    reader.rewind(commonLength(wanted.text, reader.text));
    wanted.answered = Math.min(shown, reader.text.length);
    if (comparison) comparison.follow(wanted.text, compared);
    if (seed !== undefined) {
      session = { random: randomNumbers(seed), left: MOST_WRITTEN };
      if (comparison) comparison.countAgain();
      toWrite = 0;
    }
  },

  /** Allows the session to write so many characters now. */
  write(count) {
    toWrite = count;
  },

  readTo(position) {
    wanted.readTo = position;
  },

  options(options) {
    wanted.options = options;
  },

  cell(cell) {
    wanted.cell = cell;
    wanted.answered = 0; // all characters get a new colour
  },

  /** Reads the text again, with these cells held at zero; with none, it has read it already. */
  hold(cells) {
    if (comparison) reader = comparison.whole;
    comparison = null;
    if (cells.length) {
      comparison = new Comparison(reader, cells);
      const { config, tensors } = network;
      const held = holdAtZero(tensors, config.hidden_size, cells);
      reader = new Reader(new CharLSTM(config, held));
    }
    wanted.answered = 0;
  },

  stop() {
    session = null;
  },
};

/** What the page can ask. */
const answers = {
  look(position) {
    const isAtEnd = position === wanted.text.length && !isReading();
    if (isAtEnd) return explainEnd(reader, wanted.cell, wanted.options);
    return explain(reader, position, wanted.cell);
  },
  score: (by) => (isReading() ? undefined : scoreCells(comparison?.whole ?? reader, by)),
};

const isReading = () => reader.text.length < wanted.text.length;
const mayRead = () => isReading() && reader.text.length < wanted.readTo;
const mayWrite = () => session !== null && toWrite > 0 && !isReading();
const isComparing = () => comparison !== null && comparison.toRead(reader) > 0;

/** Whether there is, or may be, a character that the network knows: else nothing is predicted. */
const canContinue = () => isReading() || reader.prediction !== null;

/** Draws a character and appends it; stops where there is nothing to continue, or enough. */
function writeCharacter() {
  if (!canContinue() || session.left === 0 || reader.text.length >= LONGEST_TEXT) {
    session = null;
    return;
  }
  const u = session.random();
  if (comparison) comparison.remember(reader.text.length, u, wanted.options);
  const q = probabilities(reader.prediction.p, wanted.options);
  const character = reader.network.chars[draw(q, u)];
  wanted.text.push(character);
  reader.read(character);
  session.left -= 1;
  toWrite -= 1;
}

/** Reads and writes for TURN milliseconds. */
function workForATurn() {
  const end = performance.now() + TURN;
  while (performance.now() < end) {
    if (mayRead()) reader.read(wanted.text[reader.text.length]);
    else if (mayWrite()) writeCharacter();
    else if (isComparing()) comparison.readOn(reader);
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

/** Sends the page what was not reported yet. */
function report() {
  const start = wanted.answered;
  postMessage({
    version: wanted.version,
    toRead: wanted.text.length - reader.text.length, // characters that are still to be read
    isWriting: session !== null,
    canContinue: canContinue(),
    start, // the lists begin with this character
    characters: reader.text.slice(start),
    surprisals: reader.surprisals.slice(start),
    values: reader.cells.slice(start).map((values) => values[wanted.cell]),
    compared: comparison === null ? null : comparison.news(reader),
    answers: answerQuestions(),
  });
  wanted.answered = reader.text.length;
}

/** Reads, writes and answers in turns until nothing is left to do. */
async function work() {
  working = true;
  while (newMessage || mayRead() || mayWrite() || isComparing()) {
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
