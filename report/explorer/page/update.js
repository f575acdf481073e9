// The one way to change the page: update({position: 3}).
//
// It changes the state and what follows from it, tells the worker what is new to it, and has each
// panel drawn, once a frame, that shows something that has changed. What the worker did comes by
// `updateByWorker`.

import { commonEnds } from "../shared/lists.js";
import { byId } from "./elements.js";
import { areSameParts, BY_LAYER, partsToSwitchOff } from "./cells.js";
import { LISTED, occurrencesOf } from "./scene.js";
import { state } from "./state.js";

export const worker = new Worker(URL.createObjectURL(new Blob([byId("worker").textContent])));

const READING_SPEED = 20; // letters a second
const WRITING_SPEED = 10;
const SOON = 1_000; // characters

const WRITTEN_BY = ["temperature", "min_p", "seed", "off"]; // where they change, a scene is another one

const panels = []; // {keys, draw}
let changed = new Set(); // the keys of the state that changed since the last frame
let told = {}; // what the worker knows
let charactersTold = []; // and its text

/** A panel is drawn when one of these keys has changed. */
export function draws(names, draw) {
  const keys = names.split(" ");
  const unknown = keys.find((key) => !(key in state));
  if (unknown) throw new Error(`The state has no ${unknown}.`);
  panels.push({ keys, draw });
}

export function update(patch) {
  const old = { ...state };
  Object.assign(state, patch);
  const isOtherwise = WRITTEN_BY.some((key) => state[key] !== old[key]);
  if (isOtherwise && !("isRepeatable" in patch)) state.isRepeatable = false;
  if (state.network !== old.network) forget();
  if (state.text !== old.text) alignLists(old);
  deriveChoices(old);
  // What the worker says of what was before is ignored: it gets the text again, with its version.
  const isOther = state.network !== old.network || state.text !== old.text;
  if (isOther || state.writing !== old.writing) state.version += 1;
  passOn(old);
}

/** The worker has read, or has written: it knows the text, and report.js has made the lists longer. */
export function updateByWorker(patch) {
  const old = { ...state };
  Object.assign(state, patch);
  passOn(old);
}

function passOn(old) {
  if (state.text !== old.text || state.name !== old.name) {
    const found = occurrencesOf(state.name, state.characters);
    state.occurrences = found.slice(0, LISTED);
    state.occursMore = found.length > LISTED;
  }
  deriveLook(old);
  tellWorker();
  for (const key of Object.keys(state)) {
    if (state[key] !== old[key]) drawLater(key);
  }
}

/** What was going on ends, and what was said is about what was before. */
export const CALM = {
  activity: "",
  said: "",
  looksForCopy: false,
  picksCell: false,
  readTo: Infinity,
  follows: false,
};

/** Looks at a character; after the last one at what comes next. */
export function lookAt(position, patch = {}) {
  update({ follows: false, position, pointed: null, ...patch });
}

/** Looks at what comes next, and scrolls there. */
export function lookAtEnd(patch = {}) {
  lookAt(Infinity, { inSight: [Infinity, Infinity], ...patch });
}

/** The first time. */
export function drawAll() {
  Object.keys(state).forEach(drawLater);
}

function drawLater(key) {
  if (changed.size === 0) requestAnimationFrame(drawChanged);
  changed.add(key);
}

function drawChanged() {
  const now = changed;
  changed = new Set();
  for (const panel of panels) {
    if (!panel.keys.some((key) => now.has(key))) continue;
    try {
      panel.draw(state, now);
    } catch (error) {
      reportError(error); // the other panels are drawn all the same
    }
  }
}

// What follows from a change

/** Another network: nothing is known of the text. */
function forget() {
  Object.assign(state, { surprisals: [], copied: [], values: [], changes: [], without: [], scores: null, read: 0 });
  told = {};
}

/** Another text: what is the same at both ends keeps its colours until it is read again. */
function alignLists(old) {
  state.characters = Array.from(state.text);
  const { atStart, atEnd } = commonEnds(old.characters, state.characters);
  const endOfNew = state.characters.length - atEnd;
  const endOfOld = old.characters.length - atEnd;
  for (const name of ["byNetwork", "surprisals", "copied", "values", "changes"]) {
    if (state[name] !== old[name]) continue; // the new text came with its own
    state[name] = withGap(old[name], atStart, endOfOld, endOfNew);
  }
  if (!(state.explained.at <= atStart)) state.explained = {}; // until the worker has read as far
  state.without = state.without.slice(0, atStart);
  state.read = Math.min(state.read, atStart);
  state.compared = Math.min(state.compared, atStart);
}

/** A list in which nothing is known of what is new, from atStart to endOfNew: undefined. */
function withGap(list, atStart, endOfOld, endOfNew) {
  const before = list.slice(0, atStart);
  const behind = list.slice(endOfOld);
  if (behind.length > 0) before.length = endOfNew;
  return before.concat(behind);
}

function deriveChoices(old) {
  if (state.off === "" && state.colour === "broken") state.colour = "surprise";
  const parts = partsToSwitchOff();
  if (!areSameParts(parts, old.lacks)) state.lacks = parts;
  if (state.lacks !== old.lacks) {
    Object.assign(state, { changes: [], compared: 0, read: 0 });
    if (state.position > SOON) state.explained = {}; // it takes a while to read as far
  }
  if (state.cell !== old.cell) state.read = 0; // all letters get its colours
  if (state.activity !== "writing") state.writing = null;
}

function deriveLook(old) {
  state.position = Math.min(state.position, state.characters.length);
  if (state.position !== old.position || state.pointed > state.characters.length) state.pointed = null;
  const isNews = state.said !== old.said || state.activity !== old.activity;
  if (isNews) state.tapped = null; // it is said instead
  if (state.follows) state.isSaid = false; // only a look by a key is said
  if (state.activity === "") state.follows = false; // what has ended leaves you where it was
}

// The worker

/** Sends the worker what it doesn't know: see its `handlers`. */
function tellWorker() {
  const { network, lacks, version, temperature, min_p, cell, readTo, writing, occurrences } = state;
  const last = occurrences.at(-1) ?? { at: 0, length: 0 };
  const now = {
    network,
    lacks,
    text: version,
    temperature,
    min_p,
    cell,
    readTo,
    withoutTo: last.at + last.length,
    readPace: state.activity === "reading" ? READING_SPEED : Infinity,
    writePace: state.speed === "fast" ? Infinity : WRITING_SPEED,
    writing,
    look: state.follows ? "last" : (state.pointed ?? state.position),
    order: state.order === BY_LAYER ? "" : state.order,
  };
  const isNew = ([name, value]) => value !== told[name];
  const message = Object.fromEntries(Object.entries(now).filter(isNew));
  if ("text" in message) message.text = changeOfText();
  told = now;
  if (Object.keys(message).length) worker.postMessage(message);
}

/**
 * What changes in the worker's text: what is from `begin` to `end` is replaced. It has this `length`,
 * without what the network has written behind it since.
 */
function changeOfText() {
  const { characters, version, read, compared } = state;
  const { atStart, atEnd } = commonEnds(charactersTold, characters);
  const added = characters.slice(atStart, characters.length - atEnd);
  const change = { begin: atStart, end: charactersTold.length - atEnd, length: charactersTold.length, added };
  charactersTold = characters.slice();
  return { change, version, read, compared };
}
