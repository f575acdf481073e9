// The network continues the text.

import { grouped, inCharacters } from "../shared/numbers.js";
import { byId, onSubmit, say } from "./elements.js";
import { answerToTap } from "./explanation.js";
import { endOfWriting, play, stop, until, writtenInWords } from "./performance.js";
import { anySeed, placesOf } from "./scene.js";
import { LONGEST_TEXT, show } from "./sheet.js";
import { own, state } from "./state.js";
import { withTextBefore } from "./texts.js";
import { draws, lookAt, update } from "./update.js";

const MOST_WRITTEN = 5_000; // characters at a time
let started = 0; // when it began to write at this speed, in milliseconds
let writtenBefore = 0; // how many characters were written then

const isWriting = () => state.task?.does === "writing";
const written = () => (isWriting() ? state.text.length - state.task.from : 0);

/**
 * Writes `count` characters, or fewer if the text becomes too long; after `enough` of them, it ends
 * with a line. Returns whether there is something that the network can continue.
 */
export async function write({ seed = anySeed(), count = MOST_WRITTEN, enough = Infinity }, signal) {
  const from = state.text.length;
  const task = { does: "writing", seed, count: Math.min(count, LONGEST_TEXT - from), enough, from };
  measureFromHere(0);
  update({ ...withTextBefore(), task, look: "last" });
  show(Infinity, Infinity);
  const { canContinue } = await until((report) => !report.isWriting, signal);
  update(endOfWriting());
  if (!canContinue) {
    update({ said: "Type letters that the network knows: it continues them." });
    byId("text").focus();
  }
  return canContinue;
}

/** Writes until it is stopped, or has written enough. */
export function writeOn(order = {}) {
  return play(async (signal) => {
    update({ said: "" });
    const canContinue = await write(order, signal);
    if (canContinue) update({ said: writtenInWords() });
    if (state.look === "last") lookAt(Infinity);
  });
}

// What it shows

draws("task", () => {
  byId("write").textContent = isWriting() ? "Stop" : "Write";
});

/** One button is the one to press: at first, and after a scene, that for a name. */
draws("text name task", ({ text, name }) => {
  const isShow = text === own.config.initial.text || placesOf(name, text) !== null;
  byId("find-out").classList.toggle("primary", isShow && !isWriting());
  byId("write").classList.toggle("primary", !isShow || isWriting());
});

draws("task said text isTapped explained", (now) => {
  const { task, said, text } = now;
  const isFull = text.length >= LONGEST_TEXT;
  const limit = isFull ? `The text may have ${inCharacters(LONGEST_TEXT)}.` : "";
  const doing = { writing: "Writing.", reading: "Reading." }[task?.does] ?? "";
  say(byId("status"), [answerToTap(now) || said || doing, limit].join(" ").trim());
  byId("at-rest").hidden = byId("status").textContent !== "";
});

draws("reports task text said isTapped explained", (now) => {
  byId("progress").textContent = progressInWords(now);
});

function progressInWords(now) {
  const { task, toRead, said } = now;
  if (task?.does === "reading") return ""; // one sees how far it is
  if (isWriting() && (said || answerToTap(now)) !== "") return ""; // a number behind that would move the text
  if (toRead > 0) return `${inCharacters(toRead)} to read`;
  if (!isWriting()) return "";
  if (written() === writtenBefore) started = performance.now(); // perhaps it read first
  const seconds = Math.max(0.1, (performance.now() - started) / 1000);
  return `${inCharacters(written())}, ${grouped((written() - writtenBefore) / seconds)} per second`;
}

function measureFromHere(count) {
  started = performance.now();
  writtenBefore = count;
}

// What you do

function startOrStop() {
  if (isWriting()) stop();
  else writeOn();
}
onSubmit(byId("settings"), startOrStop);
document.addEventListener("keydown", ({ key, ctrlKey, metaKey, target }) => {
  if (key === "Enter" && (ctrlKey || metaKey) && target.id === "text") startOrStop();
});
byId("speed").addEventListener("input", ({ target }) => {
  measureFromHere(written());
  update({ speed: target.value });
});
