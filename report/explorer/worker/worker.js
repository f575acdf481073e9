// Reads the page's text in a worker, so that typing never waits, and writes at its end.
//
// The page sends what has changed, {name: value}, with the names of `handlers` or SIMPLE; `report`
// answers.

import { withoutParts } from "../network/holding.js";
import { CharLSTM } from "../network/lstm.js";
import { commonLength, replaceRange } from "../shared/lists.js";
import { fail, nextTurn } from "../shared/turns.js";
import { explain, explainEnd } from "./answers.js";
import { Comparison } from "./breaking.js";
import { scoreCells } from "./following.js";
import { Pace } from "./pace.js";
import { Reader } from "./reader.js";
import { draw, probabilities, randomNumbers } from "./sampling.js";

const TURN = 25; // milliseconds of work between two looks at messages
const REST = 8; // milliseconds, when nothing is due yet

let network = null; // {config, tensors}
let reader = null; // of the text
let comparison = null; // a Comparison, while something is switched off and `reader` lacks it
let withoutCopying = null; // a Reader of the same text, as far as `withoutTo`
let working = false;
let hasNews = false; // that the page doesn't know

const wanted = {
  text: [], // the characters that the page shows
  version: 0, // the number of this text
  readTo: Infinity, // how many of its characters may be read
  answered: 0, // how many were reported to the page
  temperature: 1,
  min_p: 0,
  cell: 0, // the memory cell that colours the text
  look: null, // the position that is explained: "last" for the last one that was read
  isExplained: false, // since the last message
  order: "", // what the cells are to follow, if something
  isScored: false, // since the text, the network or this was changed
  withoutTo: 0, // how many characters are read without copying, too
  withoutAnswered: 0, // how many of them were reported
};
const pace = { read: new Pace(), write: new Pace() };
let session = null; // {random, left, untilEnough} from the order to write until it has ended

/** The handlers of what the page sends, in the order in which they act. */
const handlers = {
  /** The page shows another network. */
  network({ config, tensors }) {
    network = { config, tensors };
    reader = new Reader(new CharLSTM(config, tensors));
    comparison = null;
    const parts = { cells: [], copying: true };
    withoutCopying = config.copy_size ? new Reader(withoutParts(network, parts)) : null;
    wanted.answered = 0;
    wanted.withoutAnswered = 0;
  },

  /** Reads the text again without these parts; if it lacks nothing, it has read it already. */
  lacks(parts) {
    if (comparison) reader = comparison.whole;
    comparison = null;
    if (parts.copying || parts.cells.length) {
      comparison = new Comparison(reader, parts);
      reader = new Reader(withoutParts(network, parts));
    }
    wanted.answered = 0;
  },

  /**
   * The text was changed, see `changeOfText`. The page has colours for its first `read` characters, and for its first
   * `compared` what switching something off changes.
   */
  text({ change: { begin, end, length, added }, version, read, compared }) {
    const characters = replaceRange(wanted.text.slice(0, length), begin, end, added);
    wanted.text = characters;
    wanted.version = version;
    reader.rewind(commonLength(characters, reader.text));
    wanted.answered = Math.min(wanted.answered, read, reader.text.length);
    wanted.isScored = false;
    withoutCopying?.rewind(commonLength(characters, withoutCopying.text));
    wanted.withoutAnswered = 0;
    if (comparison) comparison.follow(characters, compared);
  },

  cell(cell) {
    wanted.cell = cell;
    wanted.answered = 0; // all characters get a new colour
  },

  /** Letters a second. */
  readPace(timesPerSecond) {
    pace.read.set(timesPerSecond);
  },

  writePace(timesPerSecond) {
    pace.write.set(timesPerSecond);
  },

  /**
   * Writes `count` characters, with random numbers from the seed, and after `enough` only to the end
   * of a line; null: stops.
   */
  writing(order) {
    session = order && {
      random: randomNumbers(order.seed),
      left: order.count,
      untilEnough: order.enough,
    };
  },

  order(what) {
    wanted.order = what;
    wanted.isScored = false;
  },
};
const SIMPLE = ["temperature", "min_p", "readTo", "withoutTo", "look"]; // nothing follows from these

const isReading = () => reader.text.length < wanted.text.length;
const mayRead = () => isReading() && reader.text.length < wanted.readTo;
const isComparing = () => comparison !== null && comparison.toRead(reader) > 0;
const lacksWithout = () => withoutCopying?.text.length < Math.min(wanted.withoutTo, reader.text.length);
const isBusy = () => mayRead() || session !== null || lacksWithout() || isComparing();

/** Whether there is, or may be, a character that the network knows: else nothing is predicted. */
const canContinue = () => isReading() || reader.prediction !== null;

/** Whether a line has ended that isn't a heading, which something should follow. */
const endsLine = (text) => text.at(-1) === "\n" && text.at(-2) !== ":";

/** Draws a character and appends it; stops where there is nothing to continue, or enough. */
function writeCharacter() {
  const isComplete = session.untilEnough <= 0 && endsLine(reader.text);
  if (!canContinue() || session.left <= 0 || isComplete) {
    session = null;
    return;
  }
  const q = probabilities(reader.prediction.p, wanted);
  const character = reader.network.chars[draw(q, session.random())];
  wanted.text.push(character);
  reader.read(character);
  session.left -= character.length; // as the page counts: an emoji is two
  session.untilEnough -= character.length;
}

/** Reads or writes one character, if one is due. Returns whether something was done. */
function workOnce() {
  if (mayRead() && pace.read.isDue()) {
    reader.read(wanted.text[reader.text.length]);
    pace.read.wait();
    return true;
  }
  if (session !== null && !isReading() && pace.write.isDue()) {
    writeCharacter();
    pace.write.wait();
    return true;
  }
  if (lacksWithout()) {
    withoutCopying.read(reader.text[withoutCopying.text.length]);
    return true;
  }
  if (!isComparing()) return false;
  comparison.readOn(reader);
  return true;
}

/** Works for TURN milliseconds, or until nothing is due. */
function workForATurn() {
  const end = performance.now() + TURN;
  while (workOnce()) {
    hasNews = true;
    if (performance.now() >= end) return true;
  }
  return false;
}

/** What the page looks at, once after each of its messages; undefined until enough was read. */
function explained() {
  if (wanted.look === "last") return explain(reader, reader.text.length - 1);
  if (wanted.isExplained) return undefined;
  const isAtEnd = wanted.look === wanted.text.length && !isReading();
  const found = isAtEnd ? explainEnd(reader, wanted) : explain(reader, wanted.look);
  wanted.isExplained = found !== undefined;
  return found;
}

/** The cells' scores, {order, cells}, once after each change, when the whole network has read all. */
function scores() {
  const whole = comparison?.whole ?? reader;
  const isReady = whole.text.length >= wanted.text.length && session === null;
  if (wanted.isScored || !wanted.order || !isReady) return undefined;
  wanted.isScored = true;
  return { order: wanted.order, cells: scoreCells(whole, wanted.order) };
}

/** The surprisals without copying, if there are new ones. */
function without() {
  const count = withoutCopying?.text.length ?? 0;
  if (count === wanted.withoutAnswered) return undefined;
  wanted.withoutAnswered = count;
  return withoutCopying.surprisals;
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
    copied: reader.copied.slice(start),
    values: reader.cells.slice(start).map((row) => row[wanted.cell]),
    without: without(),
    compared: comparison === null ? null : comparison.news(reader),
    explained: explained(),
    scores: scores(),
  });
  wanted.answered = reader.text.length;
}

/** Reads, writes and answers in turns until nothing is left to do. */
async function work() {
  working = true;
  while (hasNews || isBusy()) {
    const isMore = workForATurn();
    if (hasNews) report();
    hasNews = false;
    await (isMore ? nextTurn() : rest());
  }
  working = false;
}

const rest = () => new Promise((resolve) => setTimeout(resolve, REST));

onmessage = ({ data: changed }) => {
  for (const name of SIMPLE) if (name in changed) wanted[name] = changed[name];
  for (const [name, handle] of Object.entries(handlers)) {
    if (name in changed) handle(changed[name]);
  }
  wanted.isExplained = false;
  hasNews = true;
  if (!working) work().catch(fail);
};
