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
  }
  if (playing !== mine) return;
  playing = null;
  update({ task: null });
}

/** Ends what is played; `patch` is what changes besides. */
export function stop(patch = {}) {
  if (playing === null) return;
  const ended = playing;
  playing = null;
  ended.abort();
  update({ said: saidAtEnd(), ...patch, task: null });
}

/** What was said of a reading is over; what was said of a name stays. */
function saidAtEnd() {
  if (state.task?.does === "reading") return "";
  return state.task?.does === "writing" ? writtenInWords() : state.said;
}

/** How much was written since the network began to write. */
export function writtenInWords() {
  const count = state.text.length - state.task.from;
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
const SHARING = "#send, #share, .cost"; // these end nothing

/** Somebody wants to do something else; who only scrolls or looks around doesn't. */
function end({ type, target, key }) {
  const isElsewhere = !target.closest?.(DOES_SOMETHING);
  const mayScroll = (type === "click" || type === "keydown") && key !== "Escape";
  const onlyShares = type === "click" && target.closest?.(SHARING);
  const writesOn = state.task?.does === "writing" && key !== "Escape"; // only what changes the text ends it
  if (key === "Tab" || onlyShares || writesOn || (isElsewhere && mayScroll)) return;
  stop();
}
for (const type of ["keydown", "click", "input", "drop", "hashchange"]) {
  addEventListener(type, end, { capture: true });
}
