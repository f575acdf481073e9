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

export const state = {
  // The network that reads and writes, as `own`.
  network: own,

  // The text and, for each of its characters, what is known of it.
  text: "",
  version: 0, // what the worker says of an older one is ignored
  characters: [],
  name: "", // whose scene the text is, as it was typed; or "": see scene.js
  occurrences: [], // of the name, at most one more than LISTED: [{at, length}]
  byNetwork: [], // whether the network wrote it
  surprisals: [], // in bits
  copied: [], // the share of its probability that was copied
  values: [], // CELL_SCALE tanh(c) of the chosen cell
  without: [], // its surprisal without copying, up to the last of `occurrences`
  reports: 0, // of the worker so far: with each, the lists may have changed
  read: 0, // so many characters were read
  toRead: 0, // and so many weren't yet

  // What the network does letter by letter: null, {does: "reading", to, pace} or {does: "writing",
  // seed, count, enough, from}. See performance.js and writing.js.
  task: null,
  said: "", // about what has just happened
  textsBefore: [], // each before the page changed it, {text, byNetwork, name}

  // What you chose.
  temperature: 1,
  min_p: 0,
  speed: "slow", // of writing, or "fast"
  colour: "surprise", // by what letters are coloured, or "cell"
  cell: 0, // its number
  order: "layer", // of the cells in the wall, or what they follow
  scores: null, // {order, cells, version}: how closely each cell follows it, and when that was so

  // Where you look.
  look: 0, // at this character; at the text's length: at what comes next; "last": at each that was just read or written
  isTapped: false, // whether a finger tapped it: then what is said of it is above the text
  explained: {}, // what the worker says of it: see worker/answers.js
};
