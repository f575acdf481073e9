// The texts that can be learned, for the page that opens them and the worker that learns them.

import { InputError } from "./input.js";
import { grouped, inCharacters } from "./numbers.js";

const FEWEST_CHARACTERS = 1000; // as `length` counts them: a tenth is held out
const MOST_CHARACTERS = 2_000_000; // the counting model takes memory

/** A text as Python reads it: each line ends with "\n", without lone surrogates. */
export function readable(text) {
  return text.replace(/\r\n?/g, "\n").replace(/\p{Surrogate}/gu, "\ufffd");
}

/** The sorted distinct characters of a text. */
export function vocabularyOf(text) {
  const chars = [...new Set(text)];
  return chars.sort((a, b) => a.codePointAt(0) - b.codePointAt(0));
}

/** Throws InputError for a text that can't be learned. */
export function checkText(text) {
  const found = `The text has ${inCharacters(text.length)}`;
  if (text.length < FEWEST_CHARACTERS) {
    throw new InputError(`${found}: choose one with at least ${grouped(FEWEST_CHARACTERS)}.`);
  }
  if (text.length > MOST_CHARACTERS) {
    throw new InputError(`${found}: choose one with at most ${grouped(MOST_CHARACTERS)}.`);
  }
  if (vocabularyOf(text).length < 2) {
    throw new InputError("The text is one repeated character: choose a more varied one.");
  }
}
