// A name's scene: the name speaks twice in it, and the network copies the name the second time.

import { readable } from "../shared/texts.js";
import { own, state } from "./state.js";

const LEAST_GAIN = 2; // bits, or it isn't worth speaking of
const EXPECTED = 4; // bits for all of a name that it knows

const headingOf = (name) => `${readable(name).toUpperCase()}:`;

/** The text in which a name, which the network may never have seen, is a speaker's, twice. */
export function sceneOf(name) {
  const [speaker, speech, , , answer] = own.config.initial.text.split("\n");
  return [speaker, speech, "", headingOf(name), answer, "", headingOf(name), ""].join("\n");
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
  const paid = `${before.toFixed(0)} bits of surprise the first time, ${after.toFixed(0)} the second`;
  const isUnknown = letters.every((letter) => !state.network.known.has(letter));
  let said = `It doesn't copy this name: ${paid}.`;
  if (before < EXPECTED) said = `It expected this name already: ${paid}.`;
  if (isUnknown) said = "It never saw these letters.";
  if (before - after >= LEAST_GAIN) said = `It copies the name: ${paid}.`;
  return { position: again + best, said };
}
