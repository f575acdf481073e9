// The text: a field over the coloured letters and the arcs; typing, pointing, selecting.

import { inCharacters } from "../shared/numbers.js";
import { readable } from "../shared/texts.js";
import { Arcs } from "./arcs.js";
import { byId, keepAtEnd } from "./elements.js";
import { lookOf } from "./looks.js";
import { Paper } from "./paper.js";
import { stop } from "./performance.js";
import { own, state } from "./state.js";
import { draws, lookAt, update } from "./update.js";

export const LONGEST_TEXT = byId("text").maxLength;
const LONG = 1_000; // characters: so many can be learned
const REST = 2_000; // milliseconds

const sheet = byId("sheet"); // the box that scrolls
const field = byId("text");
const paper = new Paper(sheet, byId("paper"), lookOf);
const arcs = new Arcs(byId("arcs"), (position) => paper.boxOf(position));
let pasted = ""; // what is to be said of a text that was just pasted
let inSight = [0, 0]; // the first and the last of the characters to which the text has scrolled
let resting; // a timer
let pointed = null; // {position, before}: at which letter the pointer is, and where you looked before it came
let lastTap = null; // the position there: undefined beside the text
let isComposing = false; // an input method composes a character in the field
let mustForget = false; // the browser's history of changes is about an older text

// What it shows

draws("text task", ({ text, task }) => {
  if (text !== field.value) putIntoField(text);
  paper.layOut(text);
  if (mustForget && task?.does !== "writing" && !isComposing) forgetHistory();
});

draws("text reports read colour network explained task", (_, changed) => {
  paper.draw();
  if (changed.has("explained") || changed.has("text")) drawArcs();
});

/** Scrolls the text, once it is drawn, so that two characters are in sight. */
export function show(first, last) {
  inSight = [first, last];
  requestAnimationFrame(showInSight);
}

function showInSight() {
  const [first, last] = inSight;
  if (last >= state.characters.length) sheet.scrollTop = sheet.scrollHeight;
  else paper.show(first, last);
}

draws("text network", ({ network, text }) => {
  const isExample = network === own && text.startsWith(own.config.initial.text);
  const unknown = Array.from(text).some((character) => !network.known.has(character));
  byId("of-unknown").hidden = !unknown;
  byId("of-example").hidden = !isExample;
});

const drawArcs = () => arcs.draw(state.explained);
new ResizeObserver(() => {
  drawArcs(); // a new width moves the letters
  if (state.task?.does === "reading") showInSight();
}).observe(byId("paper"));

/** Puts a text into the field; what was written is appended, and what was selected stays so. */
function putIntoField(text) {
  mustForget = true;
  keepAtEnd(sheet, () => {
    const old = field.value;
    if (text.startsWith(old)) field.setRangeText(text.slice(old.length), old.length, old.length, "preserve");
    else field.value = text;
    paper.layOut(text);
  });
}

/**
 * Empties the browser's history of changes in the field, after the page has changed the text.
 *
 * Otherwise Chromium's Ctrl+Z would put old text in wrong places. Chromium forgets what can be
 * undone in a field when the field leaves the page, so this takes it out and puts it back.
 */
function forgetHistory() {
  mustForget = false;
  const hadFocus = document.activeElement === field;
  sheet.append(field); // it is the last element there
  if (hadFocus) field.focus({ preventScroll: true });
}

// What you do

field.addEventListener("paste", ({ clipboardData }) => {
  const { length } = readable(clipboardData.getData("text"));
  const { value, selectionStart, selectionEnd } = field;
  const room = LONGEST_TEXT - (value.length - (selectionEnd - selectionStart));
  if (length >= LONG) pasted = "A network can also learn this text: see below.";
  if (length > room) pasted = `${inCharacters(length - room)} didn't fit.`;
  if (room > 0) return;
  update({ said: pasted }); // nothing changes, so it isn't said later
  pasted = "";
});
field.addEventListener("input", () => {
  const wasWriting = state.task?.does === "writing"; // then taking back includes what you change
  stop();
  update({ text: field.value, said: pasted, ...(wasWriting ? {} : { textsBefore: [] }) });
  pasted = "";
  followCursor();
});

/** Looks at the character at the cursor. */
function followCursor() {
  const { value, selectionStart, selectionEnd } = field;
  if (document.activeElement !== field || selectionStart !== selectionEnd) return;
  pointed = null;
  lookAt(Array.from(value.slice(0, selectionStart)).length);
}
field.addEventListener("keyup", ({ key }) => {
  if (key.startsWith("Arrow") || key === "Home" || key === "End") followCursor();
});

/** Whether you look where the pointer is, and nothing else has happened since. */
const isPointed = () => pointed !== null && state.look === pointed.position;

/** Looks at the character under the pointer; a click keeps it. */
function point({ clientX, clientY, type }) {
  const position = paper.positionAt(clientX, clientY);
  if (position === undefined) return;
  const before = isPointed() ? pointed.before : state.look;
  pointed = type === "click" ? null : { position, before };
  clearTimeout(resting); // what is pointed at is kept
  lookAt(position);
}
field.addEventListener("pointermove", (event) => {
  const isLooking = event.pointerType !== "touch"; // a finger taps or scrolls
  if (isLooking && state.task?.does !== "reading") point(event);
});
field.addEventListener("click", point);

/** Taps only look at letters, or a keyboard would cover the rest; two taps on the same letter type. */
field.addEventListener("pointerdown", ({ pointerType }) => {
  if (pointerType !== "touch" || document.activeElement === field) return;
  field.inputMode = "none";
  lastTap = null;
});
field.addEventListener("click", ({ clientX, clientY, pointerType }) => {
  if (pointerType !== "touch") field.inputMode = "text";
  if (field.inputMode !== "none") return; // it is typed in
  const position = paper.positionAt(clientX, clientY);
  const isSecond = position === lastTap;
  lastTap = position;
  update({ isTapped: position !== undefined });
  if (!isSecond) return;
  field.blur(); // and again, so that the keyboard comes
  field.inputMode = "text";
  field.focus({ preventScroll: true });
});
field.addEventListener("pointerleave", () => {
  if (isPointed()) {
    const hasEnded = pointed.before === "last" && state.task === null;
    lookAt(hasEnded ? Infinity : pointed.before);
  }
  pointed = null;
});

/** Who scrolls the text reads something else in it, for a moment. */
function scrolled() {
  if (state.task === null) return;
  lookAt(state.explained.at ?? 0);
  clearTimeout(resting);
  resting = setTimeout(() => {
    if (state.task !== null) lookAt("last");
  }, REST);
}
for (const type of ["wheel", "touchmove"]) sheet.addEventListener(type, scrolled, { passive: true });

field.addEventListener("compositionstart", () => {
  isComposing = true;
  stop(); // meanwhile nothing else may change the text
});
field.addEventListener("compositionend", () => {
  isComposing = false;
});

/** Lets the browser undo nothing while the network writes, nor in a field you are not in. */
document.addEventListener("beforeinput", (event) => {
  const isOfHistory = event.inputType.startsWith("history"); // undo or redo
  const isElsewhere = event.target !== document.activeElement;
  if (isOfHistory && (state.task?.does === "writing" || isElsewhere)) event.preventDefault();
});
