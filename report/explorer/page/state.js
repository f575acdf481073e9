// What changes on the page and more than one file uses.
//
// What only one file uses is there: the timer of address.js, the arcs that arcs.js has drawn, the
// network that learns in learning.js, and the tour of tour.js.

/** The network that the page came with: {config, tensors}. */
const own = readOwnNetwork();

/** The network that the page shows; only `showNetwork` in network.js changes these three. */
let config = own.config;
let tensors = own.tensors;
let known = new Set(config.chars);

function readOwnNetwork() {
  const toByte = (letter) => letter.charCodeAt(0);
  const bytes = Uint8Array.from(atob(byId("weights").textContent), toByte);
  return { config: JSON.parse(byId("config").textContent), tensors: readTensors(bytes) };
}

/** The text, and what the worker reported about it; reading.js and writing.js change it. */
const reading = {
  version: 0, // the number of the text: answers on an older one are ignored
  shown: 0, // how many characters the worker has answered
  characters: [],
  byNetwork: [], // whether the network wrote each character
  surprisals: [], // of each character, in bits
  values: [], // CELL_SCALE tanh(c) of the chosen cell at each character
};

/**
 * From the order to write until the worker has stopped, else null: how many characters it has
 * `written` and is `allowed`, those `before` the speed was chosen, at `time`, and when the page last
 * `looked` at one.
 */
let writing = null;

/** The cells that are held at zero, and what that changes; only breaking.js changes it. */
const breaking = {
  cells: [], // their numbers
  shown: 0, // how many characters the worker has compared
  until: Infinity, // where the text ends that the network didn't write without these cells
  changes: [], // of their surprise, in bits; NaN where nothing predicted them
};

/** What you look at. */
const view = {
  position: 0, // of the character you look at; the text's length: at what comes next
  pinned: 0, // the one that you look at again when the pointer has left the text
  follows: false, // whether you look at each character that the network has just read or written
  explained: {}, // what the worker reported about it: see `explain` in answers.js
  lastAction: "", // what you did last: a key, "typing" or "pointing"
  selection: "", // what was selected, and in which text
  cell: null, // the number of the chosen cell
  isComposing: false, // whether an input method composes a character in the text
};
