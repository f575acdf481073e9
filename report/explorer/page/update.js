// The one way to change the page: update({position: 3}).
//
// It changes the state and what follows from it, tells the worker what is new to it, and has each
// panel drawn, once a frame, that shows something that has changed.

import { commonEnds, isSameList, replaceRange } from "../shared/lists.js";
import { byId } from "./elements.js";
import { BY_LAYER, cellsToHold } from "./cells.js";
import { state } from "./state.js";

export const worker = new Worker(URL.createObjectURL(new Blob([byId("worker").textContent])));

const READING_SPEED = 20; // letters a second
const WRITING_SPEED = 10;

const panels = []; // {keys, draw}
let changed = new Set(); // the keys of the state that changed since the last frame
let told = {}; // what the worker knows

/** A panel is drawn when one of these keys has changed. */
export function draws(keys, draw) {
  panels.push({ keys: keys.split(" "), draw });
}

export function update(patch) {
  const old = { ...state };
  Object.assign(state, patch);
  if (state.network !== old.network) forget();
  if (state.text !== old.text) alignLists(old);
  deriveChoices(old);
  tellWorker();
  for (const key of Object.keys(state)) {
    if (state[key] !== old[key]) drawLater(key);
  }
}

/** As `update`, after the worker has written: it knows the text. */
export function updateByWorker(patch) {
  if ("text" in patch) {
    state.text = patch.text;
    drawLater("text");
  }
  update(patch);
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
    if (panel.keys.some((key) => now.has(key))) panel.draw(state, now);
  }
}

// What follows from a change

/** Another network: nothing is known of the text. */
function forget() {
  state.version += 1;
  Object.assign(state, { surprisals: [], values: [], changes: [], scores: null, read: 0 });
  told = {};
}

/** Another text: what is the same at both ends keeps its colours until it is read again. */
function alignLists(old) {
  state.version += 1;
  state.characters = Array.from(state.text);
  const { atStart, atEnd } = commonEnds(old.characters, state.characters);
  const endOfOld = old.characters.length - atEnd;
  const added = Array(state.characters.length - atStart - atEnd).fill(0);
  for (const name of ["byNetwork", "surprisals", "values", "changes"]) {
    if (state[name] !== old[name]) continue; // the new text came with its own
    const list = [...old[name]];
    list.length = old.characters.length;
    state[name] = replaceRange(list, atStart, endOfOld, added);
  }
  state.read = Math.min(state.read, atStart);
  state.compared = Math.min(state.compared, atStart);
}

function deriveChoices(old) {
  if (state.off === "" && state.colour === "broken") state.colour = "surprise";
  const held = cellsToHold();
  if (!isSameList(held, old.held)) {
    const toRead = state.characters.length;
    Object.assign(state, { held, changes: [], compared: 0, read: 0, toRead });
  }
  if (state.activity !== "writing") state.writing = null;
  const last = state.characters.length;
  state.position = Math.max(0, Math.min(state.position, last));
  state.pinned = Math.max(0, Math.min(state.pinned, last));
}

// The worker

/** Sends the worker what it doesn't know: see its `handlers`. */
function tellWorker() {
  const { network, held, version, cell, writing, order, temperature, min_p, readTo } = state;
  const now = {
    network,
    held: held.join(),
    text: version,
    options: `${temperature} ${min_p}`,
    cell,
    readTo,
    readPace: state.activity === "reading" ? READING_SPEED : Infinity,
    writePace: state.speed === "fast" ? Infinity : WRITING_SPEED,
    writing,
    look: state.follows ? "last" : state.position,
    order: `${order} ${state.scores === null}`,
  };
  const { characters, read, compared } = state;
  const values = {
    // Where not the value itself is sent.
    network: { config: network.config, tensors: network.tensors },
    held,
    text: { characters, version, read, compared },
    options: { temperature, min_p },
    order: order === BY_LAYER || state.scores !== null ? null : order,
  };
  const message = {};
  for (const [name, value] of Object.entries(now)) {
    if (value !== told[name]) message[name] = name in values ? values[name] : value;
  }
  told = now;
  if (Object.keys(message).length) worker.postMessage(message);
}
