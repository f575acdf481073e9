// Reads the page's text in a worker, so that typing never waits, and writes at its end.

const TURN = 25; // milliseconds of work between two looks at what the page says
const MOST = 5000; // characters that are written at a time
const LONGEST = 200_000; // characters of a text

let reader = null; // of the text, once the network is there
let working = false;
let newMessage = false; // since the last turn began

const page = {
  text: [], // the characters that the page shows
  version: 0, // the number of this text
  answered: 0, // how many of its characters the page has heard about
  options: null, // temperature, min_p, top_p
  unit: 0, // the memory cell that colours the text
};
const writing = { left: 0, random: null }; // characters to write; random numbers
const questions = {}; // those without an answer: {look: position, compare: [start, end]}

/** What the page can say. */
const orders = {
  network({ config, bytes }) {
    reader = new Reader(new CharLSTM(config, bytes));
  },

  /** The text was changed, and the page has colours for its first `shown` characters. */
  text({ value, version, shown, seed }) {
    page.text = Array.from(value);
    page.version = version;
    reader.rewind(commonLength(page.text, reader.text));
    page.answered = Math.min(shown, reader.text.length);
    if (seed !== undefined) {
      writing.left = MOST;
      writing.random = randomNumbers(seed);
    }
  },

  options(options) {
    page.options = options;
  },

  unit(unit) {
    page.unit = unit;
    page.answered = 0; // all characters get a new colour
  },

  stop() {
    writing.left = 0;
  },
};

/** What the page can ask. */
const answers = {
  look: (position) => explain(reader, position, page.unit),
  compare: ([start, end]) => reactingCells(reader, start, end),
};

/** How many elements two lists have in common at the beginning. */
function commonLength(a, b) {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

const isReading = () => reader.text.length < page.text.length;
const isWriting = () => writing.left > 0;

/** Draws a character and appends it; stops where there is nothing to continue, or enough. */
function write() {
  if (reader.prediction === null || reader.text.length >= LONGEST) {
    writing.left = 0;
    return;
  }
  const q = probabilities(reader.prediction.p, page.options);
  const character = reader.network.chars[draw(q, writing.random())];
  page.text.push(character);
  reader.read(character);
  writing.left -= 1;
}

/** Reads and writes for TURN milliseconds. */
function workForATurn() {
  const end = performance.now() + TURN;
  while (performance.now() < end) {
    if (isReading()) reader.read(page.text[reader.text.length]);
    else if (isWriting()) write();
    else return;
  }
}

/** The answers to the page's questions; one about what was not read yet waits. */
function answerQuestions() {
  const found = {};
  for (const [name, about] of Object.entries(questions)) {
    found[name] = answers[name](about);
    if (found[name] !== undefined || !isReading()) delete questions[name];
  }
  return found;
}

/** The likeliest characters that can come at the end of the text; null before it is read. */
function nextCharacters() {
  if (isReading() || reader.prediction === null) return null;
  const q = probabilities(reader.prediction.p, page.options);
  return likeliest(reader.network, q, 10);
}

/** Tells the page what it has not heard yet. */
function report() {
  const start = page.answered;
  postMessage({
    version: page.version,
    toRead: page.text.length - reader.text.length, // characters that are still to be read
    isWriting: isWriting(),
    start, // the lists begin with this character
    characters: reader.text.slice(start),
    surprisals: reader.surprisals.slice(start),
    values: reader.cells.slice(start).map((values) => values[page.unit]),
    next: nextCharacters(),
    answers: answerQuestions(),
  });
  page.answered = reader.text.length;
}

const channel = new MessageChannel();

/** Lets the messages in that have arrived; quicker than a timer. */
function nextTurn() {
  return new Promise((resolve) => {
    channel.port1.onmessage = resolve;
    channel.port2.postMessage(null);
  });
}

/** Reads, writes and answers in turns until nothing is left to do. */
async function work() {
  working = true;
  while (newMessage || isReading() || isWriting()) {
    newMessage = false;
    workForATurn();
    report();
    await nextTurn();
  }
  working = false;
}

/** Outside the promise, an error reaches the page's `onerror`. */
function fail(error) {
  setTimeout(() => {
    throw error;
  });
}

onmessage = ({ data: [name, value] }) => {
  newMessage = true;
  if (name in orders) orders[name](value);
  else questions[name] = value;
  const ready = reader !== null && page.options !== null;
  if (ready && !working) work().catch(fail);
};
