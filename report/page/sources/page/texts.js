// The texts before the page changed them: they can be brought back one by one.

import { readable } from "../shared/texts.js";
import { byId, onPress, setEnabled } from "./elements.js";
import { stop } from "./performance.js";
import { show } from "./sheet.js";
import { state } from "./state.js";
import { draws, update } from "./update.js";

const MOST_KEPT = 100;

/** What to change before the text changes, so that it can be taken back: for `update`. */
export function withTextBefore() {
  const { text, byNetwork, name, textsBefore } = state;
  const before = { text, byNetwork: [...byNetwork], name };
  return { textsBefore: [...textsBefore, before].slice(-MOST_KEPT) };
}

/** Shows another text in the place of that which is there. */
export function showText(text, patch = {}) {
  stop();
  const shown = { text: readable(text), byNetwork: [], name: "", said: "", isTapped: false };
  update({ ...withTextBefore(), ...shown, ...patch });
}

const canTakeBack = ({ textsBefore, task }) => textsBefore.length > 0 && task?.does !== "writing";

draws("textsBefore task", (now) => setEnabled(byId("take-back"), canTakeBack(now)));

function takeBack() {
  if (!canTakeBack(state)) return;
  const { text, byNetwork, name } = state.textsBefore.at(-1);
  const said = "The text is as it was before.";
  showText(text, { byNetwork, name, textsBefore: state.textsBefore.slice(0, -1), said, look: Infinity });
  show(Infinity, Infinity);
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
