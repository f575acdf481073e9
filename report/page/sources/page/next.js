// What can come next: buttons that append a character, and one that draws it.

import { ROWS } from "../shared/cells.js";
import { percent } from "../shared/numbers.js";
import { byId, make, makeBar, nameOf, onPress, signOf } from "./elements.js";
import { stop } from "./performance.js";
import { LONGEST_TEXT, show } from "./sheet.js";
import { state } from "./state.js";
import { withTextBefore } from "./texts.js";
import { draws, lookAt } from "./update.js";
import { writeOn } from "./writing.js";

const choices = [];
for (let k = 0; k < ROWS; k++) {
  const button = make("button", { type: "button" });
  onPress(button, () => append(choices[k].character));
  choices.push({ button, character: "" });
  byId("candidates").append(button);
}

draws("explained", ({ explained: { isEnd, next } }) => {
  if (!isEnd) return;
  choices.forEach((choice, k) => {
    const { button } = choice;
    const { character, p } = next[k] ?? { character: "", p: 0 };
    button.classList.toggle("impossible", p === 0);
    choice.character = character;
    button.ariaLabel = `${nameOf(character)}, ${percent(p)}`;
    button.replaceChildren(makeBar(signOf(character), p, percent(p)));
  });
  byId("draw").hidden = next.length === 0;
});

function append(character) {
  const isOfEnd = state.explained.at === state.characters.length; // it writes meanwhile, perhaps
  if (!isOfEnd || state.text.length >= LONGEST_TEXT) return;
  stop();
  lookAt(Infinity, { ...withTextBefore(), text: state.text + character });
  show(Infinity, Infinity);
}

onPress(byId("draw"), () => writeOn({ count: 1 }));
