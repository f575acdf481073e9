// The texts before the page changed them: they can be brought back one by one.

import { readable } from "../shared/texts.js";
import { byId, onPress, setEnabled } from "./elements.js";
import { seedAfter } from "./settings.js";
import { state } from "./state.js";
import { CALM, draws, update } from "./update.js";

const MOST_KEPT = 100;

/** What to change before the text changes, so that it can be taken back: for `update`. */
export function withTextBefore() {
  const { text, byNetwork, name, textsBefore } = state;
  const before = { text, byNetwork: [...byNetwork], name };
  return { textsBefore: [...textsBefore, before].slice(-MOST_KEPT) };
}

/** Shows another text in the place of that which is there. */
export function showText(text, patch = {}) {
  update({
    ...withTextBefore(),
    text: readable(text),
    byNetwork: [],
    name: "",
    isRepeatable: false,
    ...CALM,
    ...patch,
  });
}

const canTakeBack = ({ textsBefore, activity }) => textsBefore.length > 0 && activity !== "writing";

draws("textsBefore activity", (now) => setEnabled(byId("take-back"), canTakeBack(now)));

function takeBack() {
  if (!canTakeBack(state)) return;
  const { text, byNetwork, name } = state.textsBefore.at(-1);
  const seed = seedAfter(state.seed); // or writing again would write the same
  showText(text, {
    byNetwork,
    name,
    seed,
    textsBefore: state.textsBefore.slice(0, -1),
    said: "The text is as it was before.",
    position: Infinity,
    inSight: [Infinity, Infinity],
  });
}
onPress(byId("take-back"), takeBack);

const isUndo = ({ key, ctrlKey, metaKey, shiftKey, altKey }) => {
  const isCommand = (ctrlKey || metaKey) && !shiftKey && !altKey;
  return isCommand && key.toLowerCase() === "z";
};

const isOtherField = (element) => element.id !== "text" && element.matches("input, textarea");

document.addEventListener("keydown", (event) => {
  if (isUndo(event) && canTakeBack(state) && !isOtherField(event.target)) {
    event.preventDefault();
    takeBack();
  }
});
