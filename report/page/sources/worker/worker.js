// Reads the page's text in a worker, so that typing never waits, and writes at its end.
//
// The page sends what has changed, {name: value}, with the names of `handlers` or SIMPLE; `report`
// answers.

import { CharLSTM, withoutCopying } from "../network/lstm.js";
import { replaceRange } from "../shared/lists.js";
import { fail, nextTurn } from "../shared/turns.js";
import { explain, explainEnd } from "./answers.js";
import { Follower } from "./follower.js";
import { scoreCells } from "./following.js";
import { Pace } from "./pace.js";
import { draw, probabilities, randomNumbers } from "./sampling.js";

const TURN = 25; // milliseconds of work between two looks at messages
const REST = 8; // milliseconds, when nothing is due yet

let whole = null; // the Follower of the page's network, which also writes
let without = null; // that of the same network without copying; null if it has no copy head
let session = null; // {random, left, untilEnough} from the order to write until it has ended
let working = false;
let hasNews = false; // that the page doesn't know

const wanted = {
  text: [], // the characters that the page shows
  version: 0, // the number of this text
  temperature: 1,
  min_p: 0,
  cell: 0, // the memory cell that colours the text
  look: null, // the position that is explained: "last" for the last one that was read
  isExplained: false, // since the last message
  order: "", // what the cells are to follow, if something
  isScored: false, // since the text, the network or this was changed
};
const pace = { read: new Pace(), write: new Pace() };

/** The handlers of what the page sends, in the order in which they act. */
const handlers = {
  /** The page shows another network, {config, tensors}. */
  network(network) {
    whole = new Follower(new CharLSTM(network.config, network.tensors));
    without = network.config.copy_size ? new Follower(withoutCopying(network)) : null;
  },

  /** How many characters may be read. */
  readTo(count) {
    whole.goal = count;
  },

  /** How many are read without copying, too. */
  withoutTo(count) {
    if (without) without.goal = count;
  },

  /** The text was changed, see `changeOfText`. The page has colours for its first `read` characters. */
  text({ change: { begin, end, length, added }, version, read }) {
    wanted.text = replaceRange(wanted.text.slice(0, length), begin, end, added);
    wanted.version = version;
    wanted.isScored = false;
    whole.follow(wanted.text, read);
    without?.follow(wanted.text, 0);
  },

  cell(cell) {
    wanted.cell = cell;
    whole.reported = 0; // all characters get a new colour
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
    session = null;
    if (order === null) return;
    session = { random: randomNumbers(order.seed), left: order.count, untilEnough: order.enough };
  },

  order(what) {
    wanted.order = what;
    wanted.isScored = false;
  },
};
const SIMPLE = ["temperature", "min_p", "look"]; // nothing follows from these

const hasReadAll = () => whole.reader.text.length >= wanted.text.length;
const isLate = () => without?.isBehind(whole.reader.text);
const isBusy = () => whole.isBehind(wanted.text) || session !== null || isLate();

/** Whether there is, or may be, a character that the network knows: else nothing is predicted. */
const canContinue = () => !hasReadAll() || whole.reader.prediction !== null;

/** Whether a line has ended that isn't a heading, which something should follow. */
const endsLine = (text) => text.at(-1) === "\n" && text.at(-2) !== ":";

/** Draws a character and appends it; stops where there is nothing to continue, or enough. */
function writeCharacter() {
  const { reader } = whole;
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
  if (whole.isBehind(wanted.text) && pace.read.isDue()) {
    whole.readOn(wanted.text);
    pace.read.wait();
    return true;
  }
  if (session !== null && hasReadAll() && pace.write.isDue()) {
    writeCharacter();
    pace.write.wait();
    return true;
  }
  if (!isLate()) return false;
  without.readOn(whole.reader.text);
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
  const { reader } = whole;
  if (wanted.look === "last") return explain(reader, reader.text.length - 1);
  if (wanted.isExplained) return undefined;
  const isAtEnd = wanted.look === wanted.text.length && hasReadAll();
  const found = isAtEnd ? explainEnd(reader, wanted) : explain(reader, wanted.look);
  wanted.isExplained = found !== undefined;
  return found;
}

/** The cells' scores, {order, cells}, once after each change, when the network has read all. */
function scores() {
  const isReady = hasReadAll() && session === null;
  if (wanted.isScored || !wanted.order || !isReady) return undefined;
  wanted.isScored = true;
  return { order: wanted.order, cells: scoreCells(whole.reader, wanted.order) };
}

/** The surprisals without copying, if there are new ones. */
function surprisalsWithout() {
  if (!without || without.reported === without.reader.text.length) return undefined;
  without.takeNews();
  return without.reader.surprisals;
}

/** Sends the page what was not reported yet. */
function report() {
  const { reader } = whole;
  const start = whole.takeNews();
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
    without: surprisalsWithout(),
    explained: explained(),
    scores: scores(),
  });
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
