// Things to try: your name, which the network copies the second time, and whether it does so without
// its copy head; a line to continue.

import { byId, isTouched, onPress, onSubmit } from "./elements.js";
import { begin, finish, LOOK, pause } from "./opening.js";
import { copyOf, placesOf, sceneOf, seedOf } from "./scene.js";
import { seedAfter } from "./settings.js";
import { own, state } from "./state.js";
import { showText } from "./texts.js";
import { draws, lookAt, update } from "./update.js";
import { write, writeScene } from "./writing.js";

/** The name's scene: see scene.js. */
function writeNameTwice() {
  const field = byId("name");
  const name = field.value.trim().replace(/[\s:]+$/, ""); // the scene has a colon
  if (name === "") {
    field.focus();
    update({ said: "Type a name first." });
    return;
  }
  if (isTouched.matches) field.blur(); // its keyboard would cover the text
  const text = sceneOf(name);
  showScene(name, text, { seed: nextSeed(text, seedOf(name)) });
}

function showScene(name, text, patch) {
  const { first, again } = placesOf(name, text);
  const look = { colour: "surprise", position: again, inSight: [first, again] };
  showText(text, { name, looksForCopy: true, ...look, ...patch });
  byId("desk").scrollIntoView({ block: "nearest" });
}

/** What is asked for again is answered otherwise. */
function nextSeed(text, first) {
  return state.text.startsWith(text) ? seedAfter(state.seed) : first;
}
onSubmit(byId("ask"), writeNameTwice);

/** The same scene without copying, or with it again, up to the second heading: the rest was written with it. */
onPress(byId("control"), () => {
  const { name, characters, lacks } = state;
  const { length, again } = placesOf(name, state.text);
  const end = again + length + ":\n".length;
  showScene(name, characters.slice(0, end).join(""), { off: lacks.copying ? "" : "copying" });
});

draws("name text network off activity", ({ name, text, network, off, activity }) => {
  const isScene = placesOf(name, text) !== null && activity !== "reading";
  byId("send").hidden = network !== own || !isScene; // the address has no other network
  byId("control").hidden = !network.config.copy_size || !isScene;
  byId("control").textContent = off === "copying" ? "With copying again" : "Try it without copying";
});

/** Once it was read, looks at the letter that gains most, says what the name cost, and writes on. */
draws("reports looksForCopy", ({ looksForCopy, name, text, read }) => {
  const places = looksForCopy ? placesOf(name, text) : null;
  if (places === null || read < places.again + places.length) return;
  const { position, said } = copyOf(places);
  lookAt(position, { looksForCopy: false, said });
  writeSoon(said);
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
