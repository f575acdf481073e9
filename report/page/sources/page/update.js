// The one way to change the page: update({look: 3}).
//
// It changes the state, and what follows from the change, in this order: another network forgets
// what is known of the text; another text keeps what is the same at both ends; its occurrences of
// the name are found; you look at a character that is there. Then the worker is told what is new to
// it, and once a frame each panel is drawn that shows something that has changed. What the worker
// did comes by `updateByWorker`.

import { commonEnds } from "../shared/lists.js";
import { byId } from "./elements.js";
import { BY_LAYER } from "./cells.js";
import { LISTED, nameIn, occurrencesOf } from "./scene.js";
import { state } from "./state.js";

export const worker = new Worker(URL.createObjectURL(new Blob([byId("worker").textContent])));

const WRITING_SPEED = 10; // letters a second

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
  const isOtherNetwork = state.network !== old.network;
  const isOtherText = state.text !== old.text;
  if (isOtherNetwork) forget();
  if (isOtherText) alignLists(old);
  const isOtherCell = state.cell !== old.cell;
  if (isOtherCell) state.read = 0; // all letters get its colours
  // What the worker says of what was before is ignored: it gets the text again, with its version.
  if (isOtherNetwork || isOtherText || isOtherCell || state.task !== old.task) state.version += 1;
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
    state.occurrences = occurrencesToList();
  }
  aim(old);
  tellWorker();
  for (const key of Object.keys(state)) {
    if (state[key] !== old[key]) drawLater(key);
  }
}

/** Looks at a character; after the last one at what comes next. */
export function lookAt(look, patch = {}) {
  update({ look, isTapped: false, ...patch });
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
  Object.assign(state, { surprisals: [], copied: [], values: [], without: [], scores: null, read: 0 });
  told = {};
}

/** Another text: what is the same at both ends keeps its colours until it is read again. */
function alignLists(old) {
  state.characters = Array.from(state.text);
  const { atStart, atEnd } = commonEnds(old.characters, state.characters);
  const endOfNew = state.characters.length - atEnd;
  const endOfOld = old.characters.length - atEnd;
  for (const name of ["byNetwork", "surprisals", "copied", "values"]) {
    if (state[name] !== old[name]) continue; // the new text came with its own
    state[name] = withGap(old[name], atStart, endOfOld, endOfNew);
  }
  const isStillThere = state.explained.at !== undefined && state.explained.at <= atStart;
  if (!isStillThere) state.explained = {}; // until the worker has read as far
  state.without = state.without.slice(0, atStart);
  state.read = Math.min(state.read, atStart);
}

/** A list in which nothing is known of what is new, from atStart to endOfNew: undefined. */
function withGap(list, atStart, endOfOld, endOfNew) {
  const before = list.slice(0, atStart);
  const behind = list.slice(endOfOld);
  if (behind.length > 0) before.length = endOfNew;
  return before.concat(behind);
}

/** Where the name comes; in a reader's own text, which has it once at most, another that returns. */
function occurrencesToList() {
  const { name, text, characters, byNetwork } = state;
  const found = occurrencesOf(name, characters);
  const isOwn = found.length < 2 && !byNetwork.some(Boolean);
  return isOwn ? occurrencesOf(nameIn(text), characters) : found;
}

/** What has ended leaves you where it was, and a shorter text at its end. */
function aim(old) {
  if (state.said !== old.said || state.task !== old.task) state.isTapped = false; // that is said now
  const { length } = state.characters;
  if (state.look === "last" && state.task === null) state.look = state.explained.at ?? length;
  if (state.look !== "last") state.look = Math.min(state.look, length);
}

// The worker

/** Sends the worker what it doesn't know: see its `handlers`. */
function tellWorker() {
  const { network, version, temperature, min_p, cell, task, look } = state;
  const last = state.occurrences.slice(0, LISTED).at(-1) ?? { at: 0, length: 0 };
  const now = {
    network,
    text: version,
    temperature,
    min_p,
    cell,
    readTo: task?.does === "reading" ? task.to : Infinity,
    withoutTo: last.at + last.length,
    readPace: task?.does === "reading" ? task.pace : Infinity,
    writePace: state.speed === "fast" ? Infinity : WRITING_SPEED,
    writing: task?.does === "writing" ? task : null,
    look,
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
  const { characters, version, read } = state;
  const { atStart, atEnd } = commonEnds(charactersTold, characters);
  const added = characters.slice(atStart, characters.length - atEnd);
  const change = { begin: atStart, end: charactersTold.length - atEnd, length: charactersTold.length, added };
  charactersTold = characters.slice();
  return { change, version, read };
}
