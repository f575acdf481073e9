// Things to try: your name, which the network copies when it comes back; a line to continue.

import { byId, isTouched, onPress, onSubmit } from "./elements.js";
import { begin, finish, LOOK, pause } from "./opening.js";
import { answerInWords, copiedLetter, LONGEST_NAME, placesOf, sceneOf, seedOf } from "./scene.js";
import { seedAfter } from "./settings.js";
import { state } from "./state.js";
import { showText } from "./texts.js";
import { draws, lookAt, update } from "./update.js";
import { write, writeScene } from "./writing.js";

/** The name's scene: see scene.js. */
function writeNameTwice() {
  const field = byId("name");
  const all = field.value.trim().replace(/[\s:]+$/, ""); // the scene has a colon
  const name = Array.from(all).slice(0, LONGEST_NAME).join("");
  if (name === "") {
    field.focus();
    update({ said: "Type a name first." });
    return;
  }
  if (isTouched.matches) field.blur(); // its keyboard would cover the text
  const text = sceneOf(name);
  const { first, again } = placesOf(name, text);
  showText(text, {
    name,
    isRepeatable: true,
    looksForCopy: true,
    seed: nextSeed(text, seedOf(name)),
    colour: "surprise",
    position: again,
    inSight: [first, again],
    said: name === all ? "" : `A name may have ${LONGEST_NAME} characters: the rest of yours was left out.`,
  });
  byId("desk").scrollIntoView({ block: "nearest" });
}

/** What is asked for again is answered otherwise. */
function nextSeed(text, first) {
  return state.text.startsWith(text) ? seedAfter(state.seed) : first;
}
onSubmit(byId("ask"), writeNameTwice);

/** Once it was read, looks at the letter that gains most, says what the name cost, and writes on. */
draws("reports looksForCopy", ({ looksForCopy, name, text, read }) => {
  const places = looksForCopy ? placesOf(name, text) : null;
  if (places === null || read < places.again + places.length) return;
  const verdict = [answerInWords(places), state.said].join(" ").trim();
  lookAt(copiedLetter(places), { looksForCopy: false, said: verdict });
  writeSoon(verdict);
});

/** Writes on, if nobody does something else meanwhile. */
async function writeSoon(said) {
  begin();
  await pause(LOOK);
  finish();
  writeScene(said);
}

for (const chip of document.querySelectorAll("[data-prompt]")) {
  draws("network", ({ network }) => {
    chip.hidden = !Array.from(chip.textContent).some((letter) => network.known.has(letter));
  });
  onPress(chip, () => {
    const text = chip.dataset.prompt;
    showText(text, { colour: "surprise", seed: nextSeed(text, state.seed) });
    write();
  });
}
