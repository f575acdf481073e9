// The character you look at, and how it was predicted; at the end of the text, what comes next.

import { sum } from "../network/vectors.js";
import { inBits, inCharacters, inPercent, percent } from "../shared/numbers.js";
import { surprisal } from "../shared/surprisal.js";
import { byId, make, makeBar, nameOf, onPress, paragraph, say, signOf } from "./elements.js";
import { show } from "./sheet.js";
import { state } from "./state.js";
import { draws, lookAt } from "./update.js";

const MOST_SOURCES = 2; // that are listed; there are more arcs
const LITTLE = 0.01; // of a probability

let left = null; // the button of what comes next that had the focus
let isAsked = false; // whether an arrow key has led there, so that screen readers say it

draws("look explained", ({ look, explained }) => {
  byId("to-end").hidden = look === "last" || explained.isEnd === true;
});

draws("explained temperature min_p", ({ explained }) => {
  const isEnd = explained.isEnd === true;
  byId("predicted-title").textContent = `Predicting ${isEnd ? "the next" : "this"} character`;
  showNext(isEnd);
  byId("focus").hidden = isEnd;
  const words = isEnd ? endInWords(explained) : inWords(explained);
  // What is written is drawn with temperature and min-p, which aren't in its probability.
  const title = state.byNetwork[explained.at] ? "before temperature and min-p" : "";
  byId("predicted").replaceChildren(make("span", { title }, words));
  if (isAsked) say(byId("spoken"), words);
  isAsked = false;
  if (!isEnd) explain(explained);
});

/** A button that was left because it was hidden, while the network read, has the focus again. */
function showNext(isShown) {
  const next = byId("next");
  if (!isShown && next.contains(document.activeElement)) left = document.activeElement;
  next.hidden = !isShown;
  if (!isShown) return;
  if (document.activeElement === document.body) left?.focus({ preventScroll: true });
  left = null;
}

byId("text").addEventListener("keyup", ({ key }) => {
  const isMove = key.startsWith("Arrow") || key === "Home" || key === "End";
  isAsked = isMove && state.look !== state.explained.at; // else nothing new is explained
});

onPress(byId("to-end"), () => {
  lookAt(state.task === null ? Infinity : "last");
  show(Infinity, Infinity);
});

function endInWords({ next }) {
  if (next.length === 0) return "Type letters that the network knows: it predicts the next.";
  const what = next.length === 1 ? "Only this can come next" : "What can come next";
  const press = next.length === 1 ? "press it" : "press one";
  const { temperature, min_p } = state;
  return `${what}, at temperature ${temperature} and min-p ${min_p}: ${press}.`;
}

/** What is said of a tapped character: on a telephone, this panel may be out of sight. */
export function answerToTap({ isTapped, look, explained }) {
  const isOfTap = isTapped && explained.at === look;
  return isOfTap && !explained.isEnd ? inWords(explained) : "";
}

function inWords({ at, isKnown, isPredicted, p }) {
  const character = state.characters[at];
  if (at === undefined) return state.text === "" ? "There is no text." : "";
  const name = nameOf(character);
  if (!isKnown) return `The network never saw ${name}, so it skips it.`;
  if (!isPredicted) return `${name} comes first: nothing predicts it.`;
  const bits = surprisal(p);
  return `${name} had a probability of ${percent(p)}: ${degreeOf(Number(bits.toFixed(1)))} (${inBits(bits, 1)}).`;
}

function degreeOf(bits) {
  if (bits < 1) return "hardly a surprise";
  if (bits < 3) return "a small surprise";
  return bits < 6 ? "a surprise" : "a big surprise"; // a blind guess among 65 costs 6
}

/** Shows what was likely, and what was copied. */
function explain(explained) {
  const { at, likeliest = [], isPredicted } = explained;
  const bars = likeliest.map((row) => likelyBar(row, state.characters[at]));
  const words = isPredicted ? explainCopies(explained) : [];
  byId("likeliest").replaceChildren(...bars);
  byId("copied").replaceChildren(make("div", {}, ...words));
}

/** How much of a probability was copied, and from where. */
function explainCopies({ at, p, copied, sources }) {
  if (!state.network.config.copy_size) return [];
  if (copied < LITTLE) return [paragraph("Hardly any of this was copied from the text above.")];
  const [whole, part] = [p, p * copied].map(inPercent); // as its bar has it
  const all = `${part === whole ? "All" : part} of the ${percent(p)} was copied`;
  if (sources.length === 0) return [paragraph(`${all}, a little from each of many places.`)];
  const isOne = sources.length === 1;
  const where = isOne ? "where the green arc begins" : "where the green arcs begin";
  const shown = sum(sources.map(({ share }) => share));
  const most = shown > copied / 2 ? ", most of it" : ", some of it";
  const sentence = paragraph(`${all}${copied - shown > LITTLE ? most : ""} from ${where}:`); // perhaps from more places
  const lines = sources.slice(0, MOST_SOURCES).map((source) => sourceLine(at, p, source, isOne));
  const more = sources.length - lines.length;
  if (more > 0) lines.at(-1).append(`, and ${more} more`);
  return [sentence, ...lines];
}

/** A character that was likely; that which came, `actual`, is blue, below a line if others were likelier. */
function likelyBar({ character, p, isBelow }, actual) {
  const kind = character === actual ? "true" : "";
  const bar = makeBar(signOf(character), p, percent(p), isBelow ? `${kind} below` : kind);
  if (isBelow) bar.title = "others, which aren't shown, may be between";
  return bar;
}

/** A character that was copied, in its words: how far back it is or, of several, its part of `p`. */
function sourceLine(position, p, { at, share }, isOne) {
  const { characters } = state;
  const before = characters.slice(Math.max(0, at - 8), at).map(signOf).join("");
  const behind = characters.slice(at + 1, at + 6).map(signOf).join("");
  const mark = make("mark", {}, signOf(characters[at]));
  const words = make("samp", {}, before, mark, behind);
  const distance = `${inCharacters(position - at)} earlier`;
  return make("p", {}, words, ` ${isOne ? distance : percent(p * share)}`);
}
