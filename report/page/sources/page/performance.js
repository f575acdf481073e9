// What happens on the page one thing after the other: a script, such as those of scenes.js, is an
// async function that is given a signal. It ends where somebody does something else.

import { state } from "./state.js";
import { update } from "./update.js";
import { inCharacters } from "../shared/numbers.js";

const READING_PACE = 20; // letters a second

let playing = null; // the AbortController of the script that is played
const waiting = new Set(); // {isSo, resolve}: see `until`

/** Plays a script in the place of that which is played. */
export async function play(script) {
  stop();
  const mine = new AbortController();
  playing = mine;
  try {
    await script(mine.signal);
  } catch (error) {
    if (error !== mine.signal.reason) throw error;
  } finally {
    if (playing === mine) {
      playing = null;
      update({ task: null });
    }
  }
}

/** Ends what is played. */
export function stop() {
  if (playing === null) return;
  const ended = playing;
  playing = null;
  ended.abort();
  update({ ...endOfWriting(), said: saidAtEnd(), task: null });
}

/** What was said of a reading is over; what was said of a name stays. */
function saidAtEnd() {
  if (state.task?.does === "reading") return "";
  return state.said || writtenInWords();
}

/** Where nothing was written, nothing is to be taken back. */
export function endOfWriting() {
  const hasWritten = state.task?.does !== "writing" || state.text.length > state.task.from;
  return hasWritten ? {} : { textsBefore: state.textsBefore.slice(0, -1) };
}

/** How much was written since the network began to write. */
export function writtenInWords() {
  const count = state.task?.does === "writing" ? state.text.length - state.task.from : 0;
  return count > 0 ? `${inCharacters(count)} written.` : "";
}

// What scripts are made of

/** Resolves with a report of the worker, once it is so; with a signal, it rejects when that ends. */
export function until(isSo, signal) {
  return new Promise((resolve, reject) => {
    const entry = { isSo, resolve };
    waiting.add(entry);
    signal?.addEventListener("abort", () => {
      waiting.delete(entry);
      reject(signal.reason);
    });
  });
}

/** The worker has reported something. */
export function tellWaiting(report) {
  for (const entry of waiting) {
    if (!entry.isSo(report)) continue;
    waiting.delete(entry);
    entry.resolve(report);
  }
}

/** Reads up to a position letter by letter, so that one can watch, or at another pace. */
export function read(to, signal, pace = READING_PACE) {
  update({ task: { does: "reading", to, pace }, look: "last" });
  return hasRead(to, signal);
}

export const readAtOnce = (to, signal) => read(to, signal, Infinity);

export const hasRead = (to, signal) => until(() => state.read >= Math.min(to, state.characters.length), signal);

export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

// What ends them

const DOES_SOMETHING = "a, button, input, select, summary, textarea, #wall";
const ENDS_NOTHING = "#send, #share, .cost";
const MOVES = ["Tab", "Shift", "Control", "Alt", "Meta", "PageUp", "PageDown"]; // keys that only scroll, or do nothing yet

/** Somebody wants to do something else; who only scrolls or looks around doesn't. */
function endIfMeant({ type, target, key }) {
  if (key !== "Escape") {
    if (state.task?.does === "writing") return; // only what changes the text ends it
    if (MOVES.includes(key)) return;
    const isPress = type === "click" || type === "keydown";
    if (isPress && target.closest?.(ENDS_NOTHING)) return;
    if (isPress && !target.closest?.(DOES_SOMETHING)) return;
  }
  stop();
}
for (const type of ["keydown", "click", "input", "drop", "hashchange"]) {
  addEventListener(type, endIfMeant, { capture: true });
}
