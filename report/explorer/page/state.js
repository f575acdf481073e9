// What the page shows and what may change: only `update` in update.js changes it, and report.js
// adds what the worker says to its lists.

import { shapesOf } from "../network/config.js";
import { readTensors } from "../network/safetensors.js";
import { byId } from "./elements.js";

/** The network that the page came with. */
export const own = readOwnNetwork();

function readOwnNetwork() {
  const toByte = (letter) => letter.charCodeAt(0);
  const bytes = Uint8Array.from(atob(byId("weights").textContent), toByte);
  const config = JSON.parse(byId("config").textContent);
  const tensors = readTensors(bytes, shapesOf(config));
  return makeNetwork(config, tensors, byId("about").textContent);
}

/** What the page knows of a network; `about` says where it is from. */
export function makeNetwork(config, tensors, about) {
  return { config, tensors, about, known: new Set(config.chars) };
}

export const WHOLE = "whole"; // so it wrote a letter, or
export const BROKEN = "broken"; // with something switched off

export const NOTHING = { cells: [], copying: false }; // is switched off

export const isOfBroken = (position) => state.byNetwork[position] === BROKEN;

export const state = {
  // The network that reads and writes, as `own`.
  network: own,
  saved: null, // the one that was saved last

  // The text and, for each of its characters, what is known of it.
  text: "",
  version: 0, // what the worker says of an older one is ignored
  characters: [],
  name: "", // whose scene the text is, as it was typed: see scene.js
  isRepeatable: false, // whether the name alone, in an address, shows the same text again
  occurrences: [], // of the name, at most LISTED: [{at, length}]
  occursMore: false, // than that
  byNetwork: [], // whether the network wrote it: WHOLE or BROKEN
  surprisals: [], // in bits
  copied: [], // the share of its probability that was copied
  values: [], // CELL_SCALE tanh(c) of the chosen cell
  changes: [], // in bits, of its surprise, by what is switched off; NaN where nothing predicted it
  without: [], // its surprisal without copying, up to the last of `occurrences`
  reports: 0, // of the worker so far: with each, the lists may have changed
  read: 0, // so many characters were read
  readTo: Infinity, // and so many may be
  toRead: 0, // and so many weren't yet
  compared: 0, // of so many the changes are known

  // What you chose.
  temperature: 1,
  min_p: 0,
  seed: 1,
  speed: "slow", // of writing, or "fast"
  colour: "surprise", // by what letters are coloured, or "cell" or "broken"
  cell: 0, // its number
  order: "layer", // of the cells in the wall, or what they follow
  off: "", // what is switched off: nothing, "cell", "quarter" or "copying"

  // What follows from that.
  scores: null, // {order, cells, version}: how closely each cell follows it, in which text
  picksCell: false, // whether the best cell is chosen once they are there
  lacks: NOTHING, // what the network lacks: {cells, copying}

  // Where you look.
  position: 0, // at this character; at the text's length: at what comes next
  pointed: null, // or at the one under the pointer, until that has left the text
  follows: false, // whether you look at each character that was just read or written
  explained: {}, // what the worker says of it: see worker/answers.js
  isSaid: false, // whether an arrow key has led there, so that screen readers say it
  tapped: null, // the position that a finger tapped; what is said of it is above the text
  inSight: null, // [first, last]: characters to which the text scrolls

  // What happens.
  activity: "", // "reading", letter by letter, or "writing"
  writing: null, // the order to write: {seed, count}
  written: 0, // characters, since then
  textsBefore: [], // each before the page changed it, {text, byNetwork, name}
  said: "", // about what has just happened
  looksForCopy: false, // whether you look at the copied name, once it was read

  // How copying was born.
  moment: 0, // of the recorded training: its number
  momentLetter: null, // the letter of its passage under the pointer

  // The network that learns.
  textToLearn: JSON.parse(byId("to-learn").textContent),
  nameToLearn: byId("to-learn").dataset.name, // of this text
  cellsToLearn: byId("learning").elements.hidden_size.valueAsNumber,
  lesson: null, // what it learns: {text, cells}; null if there is no network
  isLearning: false,
  learningProgress: null, // {characters, seconds, rate, loss}; losses are in bits
  lossOfCounts: null, // the counting model's, once it is known
  looks: [], // at the network: its progress, {sample, heldOut}; heldOut is null where it wasn't measured
  learningSaid: "", // about what has just happened
};
