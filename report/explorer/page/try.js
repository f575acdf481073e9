// Things to try: a line to continue, and your name, which the network copies the second time.

import { byId, onPress } from "./elements.js";
import { state } from "./state.js";
import { showText } from "./texts.js";
import { draws, lookAt } from "./update.js";
import { write } from "./writing.js";

const isTouched = matchMedia("(pointer: coarse)");
const LEAST_GAIN = 2; // bits, or it isn't worth speaking of
const EXPECTED = 4; // bits for all of a name that it knows
const BEFORE_WRITING = 3_000; // milliseconds at the copied letter, before the network writes what the name says

/** A name that the network may never have seen is a speaker's, twice. */
function writeNameTwice() {
  const field = byId("name");
  const name = field.value.trim();
  if (name === "") {
    field.focus();
    return;
  }
  if (isTouched.matches) field.blur(); // its keyboard would cover the text
  const heading = `${name.toUpperCase()}:`;
  const [speaker, speech, , , answer] = state.network.config.initial.text.split("\n");
  const text = [speaker, speech, "", heading, answer, "", heading, ""].join("\n");
  const characters = Array.from(text);
  const length = Array.from(heading).length - 1;
  const again = characters.length - length - 2; // a colon and a line break follow
  const first = Array.from([speaker, speech, "", ""].join("\n")).length;
  const patch = { colour: "surprise", position: again, inSight: [first, again] };
  showText(text, { ...patch, ...nextSeed(text), name: { length, first, again } });
  byId("desk").scrollIntoView({ block: "nearest" });
}

/** What is asked for again is answered otherwise. */
function nextSeed(text) {
  return state.text.startsWith(text) ? { seed: state.seed + 1 } : {};
}
onPress(byId("name-twice"), writeNameTwice);
byId("name").addEventListener("keydown", ({ key }) => {
  if (key === "Enter") writeNameTwice();
});

/** Once it was read, looks at the letter that gains most, says what the name cost, and writes on. */
draws("reports name", ({ name, read, characters, surprisals }) => {
  if (name === null || read < name.again + name.length) return;
  const costs = [name.first, name.again].map((start) => {
    return surprisals.slice(start, start + name.length).map((bits) => bits || 0);
  });
  const [first, again] = costs;
  const letters = characters.slice(name.again, name.again + name.length);
  const gains = first.map((bits, k) => (letters[k] === " " ? 0 : bits - again[k]));
  const best = gains.indexOf(Math.max(...gains));
  const [before, after] = costs.map((bits) => bits.reduce((total, each) => total + each, 0));
  const paid = `${before.toFixed(0)} bits of surprise the first time, ${after.toFixed(0)} the second`;
  const gain = `It copies the name: ${paid}.`;
  const isUnknown = letters.every((letter) => !state.network.known.has(letter));
  let fails = `It doesn't copy this name: ${paid}.`;
  if (before < EXPECTED) fails = `It expected this name already: ${paid}.`;
  if (isUnknown) fails = "It never saw these letters.";
  const position = name.again + best;
  const said = before - after < LEAST_GAIN ? fails : gain;
  lookAt(position, { name: null, said });
  setTimeout(() => {
    const isUntouched = state.said === said && state.position === position && state.activity === "";
    if (isUntouched) write(undefined, said);
  }, BEFORE_WRITING);
});

for (const chip of document.querySelectorAll("[data-prompt]")) {
  draws("network", ({ network }) => {
    chip.hidden = !Array.from(chip.textContent).some((letter) => network.known.has(letter));
  });
  onPress(chip, () => {
    const text = chip.dataset.prompt;
    showText(text, { colour: "surprise", ...nextSeed(text) });
    write();
  });
}
