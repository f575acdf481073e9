// What switching something off changes, in words.

import { nameOfParts } from "./cells.js";
import { inBits } from "../shared/numbers.js";
import { byId, nameOf, say, signOf } from "./elements.js";
import { BROKEN, isOfBroken, state } from "./state.js";
import { draws } from "./update.js";

const AFTER_WRITING = "What this changes is said when the network has stopped writing.";
const NOT_COUNTED = // it chose these letters itself
  "What was written with something switched off has no colour, and doesn't count.";
const HARDLY = 0.01; // bits a character

draws("lacks off reports activity text", ({ off, activity, characters, compared }) => {
  if (off === "") say(byId("broken"), "");
  else if (activity === "writing") say(byId("broken"), AFTER_WRITING);
  else if (compared >= characters.length) say(byId("broken"), changesInWords());
  else say(byId("broken"), "Comparing with the whole network.");
});

/** "Without cell 117 (layer 1), this text is a little harder to predict: 0.05 bits a character." */
function changesInWords() {
  const counts = state.changes.map((change, k) => (isOfBroken(k) ? NaN : change));
  const predicted = counts.filter(Number.isFinite);
  const isCut = state.byNetwork.includes(BROKEN);
  if (predicted.length === 0) return isCut ? NOT_COUNTED : "";
  const mean = predicted.reduce((total, each) => total + each, 0) / predicted.length;
  const what = isCut ? "the rest of this text" : "this text";
  const words = `Without ${nameOfParts()}, ${what} is ${difference(mean)} ${mostMissed(counts)}`.trim();
  return isCut ? `${NOT_COUNTED} ${words}` : words;
}

/** "a little harder to predict, by 0.05 bits a character.", for a difference in bits. */
function difference(mean) {
  const size = Math.abs(mean);
  if (size < HARDLY) return "as easy to predict as before.";
  let degree = "";
  if (size < 0.1) degree = "a little ";
  if (size >= 0.5) degree = "much ";
  const direction = mean < 0 ? "easier" : "harder";
  return `${degree}${direction} to predict, by ${size.toFixed(2)} bits a character.`;
}

/** Where the network misses most what is switched off. */
function mostMissed(changes) {
  let most = 0;
  changes.forEach((change, position) => {
    if (change > (changes[most] || 0)) most = position;
  });
  const change = changes[most];
  if (!(change >= 0.5)) return "";
  const before = state.characters.slice(Math.max(0, most - 12), most).map(signOf).join("");
  const letter = nameOf(state.characters[most]);
  return `Of all letters, ${letter} after “${before}” has become harder by most: ${inBits(change, 1)}.`;
}
