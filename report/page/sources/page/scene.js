// A name's scene: the name speaks twice in it, and the network copies the name the second time.

import { sum } from "../network/vectors.js";
import { inBits } from "../shared/numbers.js";
import { readable } from "../shared/texts.js";
import { isolated } from "./elements.js";
import { own, state } from "./state.js";

export const EXPECTED = 1.5; // bits a letter, of a name that it knows from its training text
const CHEAP = 2.5; // bits a letter, of a name that it has just read; a blind guess among 65 costs 6
export const MOST = 0.5; // of letters' probabilities: then they are copied
const LIKELY = 1; // bits: a probability of a half
const SEEDS = 10_000;
// A word with a capital that begins no sentence, or one that alone opens a line with a colon.
const NAME = /(?<=[\p{Ll},;] )\p{Lu}\p{L}{2,}|(?<=^|\n)\p{Lu}\p{L}+(?=:\n)/gu;
const LIST = new Intl.ListFormat("en-GB"); // "1, 2 and 3"
export const LONGEST_NAME = 40; // characters
const LONGEST_SAID = 16; // of a name in a sentence, which has room for no more
export const LISTED = 6; // occurrences of a name, at most
const OFTEN = 3; // so many make a word with a capital the name of a text
export const LISTED_WITHIN = 2_000; // characters

// Letters that are no other letter with an accent.
const SPELT = { ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i", "’": "'" };

/** The nearest letters that the network knows, or the letter itself: then it skips it. */
function nearest(letter) {
  const { known } = state.network;
  const [base] = letter.normalize("NFD");
  const others = SPELT[letter.toLowerCase()] ?? base;
  if (known.has(letter) || !Array.from(others).every((each) => known.has(each))) return letter;
  return letter === letter.toLowerCase() ? others : others.toUpperCase();
}

/** The letters of a name on one line; an accent is a part of its letter, and a ligature is two. */
const lettersOf = (name) => Array.from(readable(name).normalize("NFKC").replace(/\s+/g, " "));

const spelt = (name) => lettersOf(name).map(nearest).join("");
const speakerOf = (name) => spelt(name).toUpperCase();
const headingOf = (name) => `${speakerOf(name)}:`;
const capitalised = ([first = "", ...rest]) => [first.toUpperCase(), ...rest].join("");

/** The text in which a name, which the network may never have seen, is a speaker's, twice. */
export function sceneOf(name) {
  const { scene } = own.config.initial; // with {NAME} and {Name} in the places of the name
  // Who has the same name in the scene already gets another.
  const withOther = (line) => (line === headingOf(name) && line !== "{NAME}:" ? "A VOICE:" : line);
  const ofOther = scene.split("\n").map(withOther).join("\n");
  const inPlaces = { "{NAME}": speakerOf(name), "{Name}": capitalised(spelt(name)) };
  return ofOther.replace(/\{NAME\}|\{Name\}/g, (place) => inPlaces[place]);
}

/** A name as somebody gives it, without a colon, which the scene has, and not too long. */
export function shortened(given) {
  const trimmed = (name) => name.trim().replace(/[\s:]+$/, "");
  return trimmed(Array.from(trimmed(given)).slice(0, LONGEST_NAME).join(""));
}

/** A seed for each name, so that its scene is its own: the FNV hash of its letters. */
export function seedOf(name) {
  let hash = 2_166_136_261;
  for (const letter of speakerOf(name)) hash = Math.imul(hash ^ letter.codePointAt(0), 16_777_619);
  return (hash >>> 0) % SEEDS;
}

export const anySeed = () => Math.floor(SEEDS * Math.random());

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

/** The name that comes most often in the beginning of a text, or "" if none comes often. */
export function nameIn(text) {
  const counts = new Map();
  for (const [name] of text.slice(0, LISTED_WITHIN).matchAll(NAME)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const mostFrequent = [...counts].sort((a, b) => b[1] - a[1]);
  if (mostFrequent.length === 0) return "";
  const [[name, count]] = mostFrequent;
  return count >= OFTEN ? name : "";
}

/**
 * The first occurrences of a name in a text, one more than are listed, in capitals or capitalised,
 * as whole words: [{at, length}].
 */
export function occurrencesOf(name, characters) {
  const spellings = [speakerOf(name), capitalised(spelt(name))].map((spelling) => Array.from(spelling));
  const isLetter = (character) => /\p{L}/u.test(character ?? "");
  const isHere = (at) => spellings.some((letters) => letters.every((letter, k) => characters[at + k] === letter));
  const found = [];
  const { length } = spellings[0];
  const end = Math.min(characters.length, LISTED_WITHIN) - length;
  for (let at = 0; length > 0 && at <= end && found.length <= LISTED; at++) {
    const isWhole = !isLetter(characters[at - 1]) && !isLetter(characters[at + length]);
    if (isHere(at) && isWhole) found.push({ at, length });
  }
  return found;
}

/** The letter that gains most when the name comes back, of those that are likely then, if there are some. */
export function copiedLetter({ length, first, again }) {
  const costsAt = (start) => state.surprisals.slice(start, start + length).map((bits) => bits || 0);
  const costs = costsAt(again);
  const gains = costsAt(first).map((bits, k) => (state.characters[again + k] === " " ? 0 : bits - costs[k]));
  const likely = gains.map((gain, k) => (costs[k] < LIKELY ? gain : 0));
  const shown = Math.max(...likely) > 0 ? likely : gains;
  return again + shown.indexOf(Math.max(...shown));
}

/** Whether it knows the name, from what its letters cost when it first spoke and when it spoke again. */
export function answerInWords({ length, first, again }) {
  const { network, surprisals, copied, characters } = state;
  const letters = characters.slice(again, again + length);
  const known = [...letters.keys()].filter((k) => network.known.has(letters[k]));
  const name = inShort(known.map((k) => letters[k]));
  if (name === "") {
    const never = `It never saw the letters of ${isolated(inShort(letters))}, so it skips them`;
    return `${never}: spell the name as it sounds, in letters of its text.`;
  }
  const sumFrom = (values, start) => sum(known.map((k) => values[start + k] || 0));
  const before = sumFrom(surprisals, first); // bits
  const after = sumFrom(surprisals, again);
  const isCopied = sumFrom(copied, again) > known.length * MOST;
  const verdict =
    known.length < length
      ? `Not all of it: “${isolated(name)}” cost ${costInWords(before, after)}.`
      : verdictOnName(isolated(name), length, before, after, isCopied);
  return [verdict, ...aboutLetters(letters)].join(" ");
}

/** The letters of a name, or so many of them that a sentence has room for them. */
function inShort(letters) {
  const isLong = letters.length > LONGEST_SAID;
  return isLong ? `${letters.slice(0, LONGEST_SAID - 1).join("").trim()}…` : letters.join("").trim();
}

const costInWords = (before, after) =>
  `${inBits(before)} of surprise when it first spoke, and ${after.toFixed()} when it spoke again`;

function verdictOnName(name, length, before, after, isCopied) {
  const cost = costInWords(before, after);
  if (before < length * EXPECTED) return `Yes: ${name} cost only ${cost}.`;
  const guess = length * Math.log2(state.network.config.chars.length);
  const isCheap = after < length * CHEAP;
  const isCheaper = after < Math.min(before / 2, guess);
  if (isCheap && isCheaper) {
    const why = isCopied ? ", because the network copied it" : "";
    return `Now it does: ${name} cost ${cost}${why}.`;
  }
  const degree = isCheap || isCheaper ? "Partly" : "Hardly";
  const { chars, copy_size } = state.network.config;
  const why = copy_size ? "" : " It has no copy head, so it can't look up where the name was.";
  return `${degree}: ${name} cost ${cost}; guessing among ${chars.length} characters costs ${guess.toFixed()}.${why}`;
}

/** What it reads instead of letters that it never saw, and which it skips: sentences. */
function aboutLetters(letters) {
  const { known } = state.network;
  const changed = [...new Set(lettersOf(state.name))].filter((letter) => nearest(letter) !== letter);
  const skipped = new Set(letters.filter((letter) => !known.has(letter)).map(inSentence));
  const sentences = [];
  if (changed.length) {
    const read = LIST.format(changed.map(nearest));
    sentences.push(`It never saw ${LIST.format(changed.map(inSentence))}, and reads ${read} instead.`);
  }
  if (skipped.size) sentences.push(`It skips ${LIST.format(skipped)}, which it never saw.`);
  return sentences;
}

const INVISIBLE = /[\p{C}\p{Z}\p{Variation_Selector}]/u;
const inSentence = (letter) => (INVISIBLE.test(letter) ? "an invisible character" : isolated(letter));
