// Things to try: your name, which the network copies when it comes back; a line to continue.

import { byId, isTouched, onPress, onSubmit } from "./elements.js";
import { play } from "./performance.js";
import { anySeed, LONGEST_NAME, placesOf, sceneOf, seedOf, shortened } from "./scene.js";
import { sceneOfName } from "./scenes.js";
import { show } from "./sheet.js";
import { state } from "./state.js";
import { showText } from "./texts.js";
import { draws, update } from "./update.js";
import { writeOn } from "./writing.js";

/** The scene of the name in the field. */
function askForName() {
  const field = byId("name");
  const name = shortened(field.value);
  if (name === "") {
    field.focus();
    update({ said: "Type a name first." });
    return;
  }
  if (isTouched.matches) field.blur(); // its keyboard would cover the text
  const text = sceneOf(name);
  const seed = state.text.startsWith(text) ? anySeed() : seedOf(name); // what is asked for again goes on otherwise
  const isCut = Array.from(field.value.trim()).length > LONGEST_NAME;
  const { first, again } = placesOf(name, text);
  showText(text, { name, colour: "surprise", look: again });
  show(first, again);
  byId("desk").scrollIntoView({ block: "nearest" });
  play(sceneOfName(seed, isCut ? `A name may have ${LONGEST_NAME} characters: the rest of yours was left out.` : ""));
}
onSubmit(byId("ask"), askForName);

for (const chip of document.querySelectorAll("[data-prompt]")) {
  draws("network", ({ network }) => {
    chip.hidden = !Array.from(chip.textContent).some((letter) => network.known.has(letter));
  });
  onPress(chip, () => {
    showText(chip.dataset.prompt, { colour: "surprise" });
    writeOn();
  });
}
