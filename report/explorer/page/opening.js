// The first ten seconds: the example is read up to a name that the network copies, and you are asked for yours.
// replay.js shows somebody's scene in the same way, and after a name try.js waits as here.

import { byId, isTouched, nameOf, still } from "./elements.js";
import { own, state } from "./state.js";
import { draws, lookAt, update } from "./update.js";

export const BEFORE = 45; // letters that are read one by one before the copied one,
const AFTER = 20; // and after it
export const LOOK = 3_000; // milliseconds at it

const READS = "It reads a passage that it has never seen, letter by letter.";
export const NOW_YOU = "And your name? Type it above, or press Write.";

let isOver = true;
let waits = null; // {position, resolve}: until so much was read
let pausing; // a timer

/** Not if an address asks for something: that is what somebody wants to show. */
export const isWanted = () => location.hash === "" && !still.matches;

export async function open() {
  begin();
  if (!isTouched.matches) byId("name").focus({ preventScroll: true }); // else a keyboard might cover the text
  const { at, copies } = own.config.initial;
  const last = copies ? at : state.characters.length - 1;
  update({ inSight: sightOfExample(last) });
  await readLetterByLetter(Math.max(0, last - BEFORE), last + 1, READS);
  if (copies) {
    update({ follows: true, said: copiedInWords(own.config.initial) });
    await pause(LOOK);
    await readLetterByLetter(last + 1, last + AFTER, READS);
  }
  finish();
  lookAt(last, { activity: "", readTo: Infinity, said: NOW_YOU });
}

/** From the name, where an arc may begin, to a position: what is to be seen of the example. */
export function sightOfExample(position) {
  const { text, name } = own.config.initial;
  const first = Array.from(text.slice(0, Math.max(0, text.indexOf(name)))).length;
  return [first < position ? first : 0, position];
}

function copiedInWords({ name, at }) {
  const letter = nameOf(state.characters[at]);
  return `It knows “${name}” by now: it copied this ${letter} from where the green arc begins.`;
}

// What an opening is made of. It all stops once somebody has ended it.

export function begin() {
  isOver = false;
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
  update({ activity: "", readTo: Infinity });
  await hasRead(state.characters.length);
}

export function pause(milliseconds) {
  return new Promise((resolve) => {
    pausing = setTimeout(resolve, milliseconds);
  });
}

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
const SHARING = "#send, #share, .cost"; // these end nothing

/** Somebody wants to do something else; who only scrolls or looks around doesn't. */
function end({ type, target, key }) {
  const isElsewhere = !target.closest?.(DOES_SOMETHING);
  const mayScroll = (type === "click" || type === "keydown") && key !== "Escape";
  const onlyCopies = type === "click" && target.closest?.(SHARING);
  if (isOver || key === "Tab" || onlyCopies || (isElsewhere && mayScroll)) return;
  finish();
  const said = state.activity === "reading" ? "" : state.said; // the answer about a name stays
  update({ activity: "", readTo: Infinity, said });
}
for (const type of ["keydown", "click", "input", "drop", "hashchange"]) {
  addEventListener(type, end, { capture: true });
}
