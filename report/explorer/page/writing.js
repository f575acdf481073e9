// The network continues the text.

import { grouped, inCharacters } from "../shared/numbers.js";
import { byId, onSubmit, say } from "./elements.js";
import { answerToTap } from "./explanation.js";
import { copiedLetter, placesOf } from "./scene.js";
import { seedAfter } from "./settings.js";
import { LONGEST_TEXT } from "./sheet.js";
import { own, state } from "./state.js";
import { withTextBefore } from "./texts.js";
import { draws, update } from "./update.js";

const MOST_WRITTEN = 5_000; // characters at a time
const SCENE = 400; // characters of a name's scene, and the rest of a line
let started = 0; // when, in milliseconds
let writtenBefore = 0; // how many characters were written then, since the speed was chosen

/** Writes on in a name's scene for a while, and keeps what was said of the name. */
export const writeScene = (said) => write({ enough: SCENE, said, isRepeatable: state.isRepeatable });

/**
 * Writes `most` characters, or fewer if the text becomes too long; after `enough` of them, it ends
 * with a line.
 */
export function write({ most = MOST_WRITTEN, enough = Infinity, said = "", isRepeatable = false } = {}) {
  const count = Math.min(most, LONGEST_TEXT - state.text.length);
  started = performance.now();
  writtenBefore = 0;
  update({
    ...withTextBefore(),
    activity: "writing",
    writing: { seed: state.seed, count, enough },
    seed: most === 1 ? seedAfter(state.seed) : state.seed, // or each letter would be drawn by the same number
    readTo: Infinity,
    picksCell: false,
    written: 0,
    follows: true,
    inSight: [Infinity, Infinity],
    said,
    isRepeatable,
  });
}

export function stop(said = written()) {
  if (state.activity === "writing") update({ activity: "", said });
}

/** The worker has stopped, perhaps because there is nothing that it can continue. */
export function hasStopped(canContinue) {
  const { textsBefore, written: count, said: verdict, name, text } = state;
  const ended = verdict ? `${verdict} Press Write for more.` : written();
  const places = verdict ? placesOf(name, text) : null;
  // A name's scene ends where the name was copied.
  const last = places === null ? { position: Infinity } : {
    position: copiedLetter(places), inSight: [places.first, places.again + places.length],
  };
  update({
    activity: "",
    said: canContinue ? ended : "Type letters that the network knows: it continues them.",
    textsBefore: count === 0 ? textsBefore.slice(0, -1) : textsBefore,
    ...(state.follows ? { follows: false, ...last } : {}),
  });
  if (!canContinue) byId("text").focus();
}

const written = () => (state.written > 0 ? `${inCharacters(state.written)} written.` : "");

// What it shows

draws("activity", ({ activity }) => {
  byId("write").textContent = activity === "writing" ? "Stop" : "Write";
});

/** One button is the one to press: at first that for the name. */
draws("text activity", ({ text, activity }) => {
  const isExample = text === own.config.initial.text && activity !== "writing";
  byId("find-out").classList.toggle("primary", isExample);
  byId("write").classList.toggle("primary", !isExample);
});

draws("activity said text tapped explained", (now) => {
  const { activity, said, text } = now;
  const isFull = text.length >= LONGEST_TEXT;
  const limit = isFull ? `The text may have ${inCharacters(LONGEST_TEXT)}.` : "";
  const doing = { writing: "Writing.", reading: "Reading." }[activity] ?? "";
  say(byId("status"), [answerToTap(now) || said || doing, limit].join(" ").trim());
  byId("at-rest").hidden = byId("status").textContent !== "";
});

draws("reports activity off text said tapped explained", (now) => {
  const { activity, toRead, off, written: count, said } = now;
  const toCompare = off ? state.characters.length - state.compared : 0;
  let words = "";
  if (activity === "writing" && count === writtenBefore) started = performance.now(); // perhaps it reads first
  const isAnswered = activity === "writing" && (said || answerToTap(now)) !== ""; // a number behind that would move the text
  if (activity === "reading" || isAnswered) {
    words = ""; // one sees how far it is
  } else if (toRead > 0) {
    words = `${inCharacters(toRead)} to read`;
  } else if (activity === "writing") {
    const seconds = Math.max(0.1, (performance.now() - started) / 1000);
    words = `${inCharacters(count)}, ${grouped((count - writtenBefore) / seconds)} per second`;
  } else if (toCompare > 0) {
    words = `${inCharacters(toCompare)} to compare with the whole network`;
  }
  byId("progress").textContent = words;
});

// What you do

function startOrStop() {
  if (state.activity === "writing") stop();
  else write();
}
onSubmit(byId("settings"), startOrStop);
document.addEventListener("keydown", ({ key, ctrlKey, metaKey, target }) => {
  if (key === "Escape") stop();
  if (key === "Enter" && (ctrlKey || metaKey) && target.id === "text") startOrStop();
});
byId("speed").addEventListener("input", ({ target }) => {
  started = performance.now();
  writtenBefore = state.written;
  update({ speed: target.value });
});
