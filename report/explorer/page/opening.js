// The first ten seconds: the example is read, a letter of it was copied, the network writes on.
// replay.js shows somebody's scene in the same way.

import { still } from "./elements.js";
import { own, state } from "./state.js";
import { draws, lookAtEnd, update } from "./update.js";
import { stop, write } from "./writing.js";

export const BEFORE = 45; // letters that are read one by one before the copied one,
const AFTER = 40; // and after it
export const LOOK = 2_500; // milliseconds at it
const WRITTEN = 150; // characters, and then to the end of the line
export const PAUSE = 700; // milliseconds, before it writes

const READS = "It reads a passage that it has never seen, letter by letter.";
const COPIED = "This letter it has copied: the green arc begins where it stood before.";
export const NOW_YOU = "Now you: type, press Write, or try your name below.";
const WRITES = "Now it writes: it draws each letter by its probability.";

let isOver = true;
let isWriting = false; // at last
let waits = null; // {position, resolve}: until so much was read
let pausing; // a timer

/** Not if an address asks for something: that is what somebody wants to show. */
export const isWanted = () => location.hash === "" && !still.matches;

export async function open() {
  begin();
  const { at, copies } = own.config.initial;
  const target = copies ? at : state.characters.length - 1;
  const start = Math.max(0, target - BEFORE);
  update({ inSight: [0, target] });
  await readLetterByLetter(start, target + 1, READS);
  if (copies) {
    update({ follows: true, said: COPIED });
    await pause(LOOK);
    update({ readTo: target + AFTER, said: READS });
    await hasRead(target + AFTER);
  }
  await readOn();
  await pause(PAUSE);
  writeOn(WRITES);
}

// What an opening is made of. None of it goes on once somebody has ended it.

export function begin() {
  isOver = false;
  isWriting = false;
}

/** Reads what is before `start` at once, and from there on letter by letter, so many in all. */
export async function readLetterByLetter(start, readTo, said) {
  update({ readTo: start });
  await hasRead(start);
  update({ activity: "reading", follows: true, readTo, said });
  await hasRead(readTo);
}

/** Reads the rest at once. */
export async function readOn() {
  lookAtEnd({ activity: "", readTo: Infinity });
  await hasRead(state.characters.length);
}

export function pause(milliseconds) {
  return new Promise((resolve) => {
    pausing = setTimeout(resolve, milliseconds);
  });
}

/** Writes to the end of a line, and leaves the rest to you. */
export function writeOn(said) {
  isWriting = true;
  write(2 * WRITTEN, said);
}
draws("text", ({ text, written }) => {
  if (!isWriting || isOver || written < WRITTEN || !text.endsWith("\n")) return;
  isOver = true;
  stop(NOW_YOU);
});

export function hasRead(position) {
  return new Promise((resolve) => {
    waits = { position: Math.min(position, state.characters.length), resolve };
    goOn();
  });
}

function goOn() {
  if (waits && state.read >= waits.position) waits.resolve();
}
draws("read", goOn);

export function finish() {
  isOver = true;
  waits = null;
  clearTimeout(pausing);
}

const DOES_SOMETHING = "a, button, input, select, summary, textarea, #wall";

/** Somebody wants to do something else; who only scrolls or looks around doesn't. */
function end({ type, target, key }) {
  const isElsewhere = !target.closest?.(DOES_SOMETHING);
  const mayScroll = (type === "click" || type === "keydown") && key !== "Escape";
  if (isOver || key === "Tab" || (isElsewhere && mayScroll)) return;
  finish();
  if (state.activity !== "writing") update({ activity: "", readTo: Infinity, said: "" });
}
for (const type of ["keydown", "click", "input", "drop", "hashchange"]) {
  addEventListener(type, end, { capture: true });
}
