// The first ten seconds: the example is read, a letter of it was copied, the network writes on.

import { still } from "./elements.js";
import { own, state } from "./state.js";
import { draws, lookAtEnd, update } from "./update.js";
import { stop, write } from "./writing.js";

const BEFORE = 45; // letters that are read one by one before the copied one,
const AFTER = 40; // and after it
const LOOK = 2_500; // milliseconds at it
const WRITTEN = 150; // characters, and then to the end of the line
const PAUSE = 700; // milliseconds, before it writes

const READS = "It reads a passage that it has never seen, letter by letter.";
const COPIED = "This letter it has copied: the green arc begins where it stood before.";
const WRITES = "Now it writes: it draws each letter by its probability.";

let isOver = true;
let isWriting = false; // at last
let waits = null; // {position, resolve}: until so much was read

/** Not if an address asks for something: that is what somebody wants to show. */
export const isWanted = () => location.hash === "" && !still.matches;

export async function open() {
  isOver = false;
  const { at, copies } = own.config.initial;
  const target = copies ? at : state.characters.length - 1;
  const start = Math.max(0, target - BEFORE);
  update({ readTo: start, inSight: [0, target] });
  await hasRead(start);
  update({ activity: "reading", follows: true, readTo: target + 1, said: READS });
  await hasRead(target + 1);
  if (copies) {
    update({ follows: true, said: COPIED });
    await new Promise((resolve) => setTimeout(resolve, LOOK));
    if (isOver) return;
    update({ readTo: target + AFTER, said: READS });
    await hasRead(target + AFTER);
  }
  const last = state.characters.length;
  lookAtEnd({ activity: "", readTo: Infinity });
  await hasRead(last);
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  if (isOver) return;
  isWriting = true;
  write(2 * WRITTEN, WRITES);
}

draws("text", ({ text, written }) => {
  if (!isWriting || isOver || written < WRITTEN || !text.endsWith("\n")) return;
  isOver = true;
  stop("Now you: type, press Write, or try your name below.");
});

/** It never comes, once the opening is over. */
function hasRead(position) {
  return new Promise((resolve) => {
    waits = { position: Math.min(position, state.characters.length), resolve };
    goOn();
  });
}

function goOn() {
  if (waits && !isOver && state.read >= waits.position) waits.resolve();
}
draws("read", goOn);

const DOES_SOMETHING = "a, button, input, select, summary, textarea, #wall";

/** Somebody wants to do something else; who only scrolls or looks around doesn't. */
function end({ type, target, key }) {
  const isElsewhere = !target.closest?.(DOES_SOMETHING);
  const mayScroll = (type === "click" || type === "keydown") && key !== "Escape";
  if (isOver || key === "Tab" || (isElsewhere && mayScroll)) return;
  isOver = true;
  if (state.activity !== "writing") update({ activity: "", readTo: Infinity, said: "" });
}
for (const type of ["keydown", "click", "input", "drop", "hashchange"]) {
  addEventListener(type, end, { capture: true });
}
