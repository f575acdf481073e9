// A name's scene: the name speaks twice in it, and the network copies the name the second time.

import { readable } from "../shared/texts.js";
import { own, state } from "./state.js";

const LEAST_GAIN = 2; // bits, or it isn't worth speaking of
const EXPECTED = 8; // bits for all of a name that it knows
const SEEDS = 10_000;

const speakerOf = (name) => readable(name).toUpperCase();
const headingOf = (name) => `${speakerOf(name)}:`;
const capitalised = ([first, ...rest]) => [first.toUpperCase(), ...rest].join("");

/** The text in which a name, which the network may never have seen, is a speaker's, twice. */
export function sceneOf(name) {
  const { scene } = own.config.initial; // with {NAME} and {Name} in the places of the name
  const withHeadings = scene.replaceAll("{NAME}", () => speakerOf(name));
  return withHeadings.replaceAll("{Name}", () => capitalised(readable(name)));
}

/** A seed for each name, so that its scene is its own: the FNV hash of its letters. */
export function seedOf(name) {
  let hash = 2_166_136_261;
  for (const letter of speakerOf(name)) hash = Math.imul(hash ^ letter.codePointAt(0), 16_777_619);
  return (hash >>> 0) % SEEDS;
}

/** Where a name is a heading for the first time and again, {length, first, again}; or null. */
export function placesOf(name, text) {
  const heading = `\n\n${headingOf(name)}\n`;
  const after = `\n\n${text}`; // a heading at the beginning is one, too
  const first = after.indexOf(heading);
  const again = after.indexOf(heading, first + 1);
  if (name === "" || again <= first) return null;
  const inCharacters = (end) => Array.from(text.slice(0, end)).length; // an emoji is one
  const length = Array.from(headingOf(name)).length - 1; // without the colon
  return { length, first: inCharacters(first), again: inCharacters(again) };
}

/** Of a name that was read twice: the letter that gains most the second time, and what it cost, in words. */
export function copyOf({ length, first, again }) {
  const costs = [first, again].map((start) => {
    return state.surprisals.slice(start, start + length).map((bits) => bits || 0);
  });
  const letters = state.characters.slice(again, again + length);
  const gains = costs[0].map((bits, k) => (letters[k] === " " ? 0 : bits - costs[1][k]));
  const best = gains.indexOf(Math.max(...gains));
  const [before, after] = costs.map((bits) => bits.reduce((total, each) => total + each, 0));
  return { position: again + best, said: answerInWords(letters, before, after) };
}

/** Whether it knows the name, from what its letters cost the first time and the second, in bits. */
function answerInWords(letters, before, after) {
  const name = isolated(letters.join(""));
  const isUnknown = (letter) => !state.network.known.has(letter);
  if (letters.every(isUnknown)) return `It never saw the letters of ${name}, so it skips them.`;
  const repeats = state.network.config.copy_size ? "copies" : "remembers";
  let answer = `No: it doesn't know ${name}, even the second time`;
  if (before - after >= LEAST_GAIN) answer = `Now it does: it ${repeats} ${name}`;
  if (before < EXPECTED) answer = `Yes: it expected ${name}`;
  const bits = `${before.toFixed(0)} bits of surprise the first time, ${after.toFixed(0)} the second`;
  const skipped = [...new Set(letters.filter(isUnknown))].map(isolated);
  const skips = skipped.length ? ` It skips ${skipped.join(" and ")}, which it never saw.` : "";
  return `${answer} (${bits}).${skips}`;
}

/** A name within a sentence, whichever way it is written: between marks of Unicode, as in <bdi>. */
const isolated = (name) => `\u2068${name}\u2069`;
