// A name's scene: the name speaks twice in it, and the network copies the name the second time.

import { sum } from "../network/vectors.js";
import { readable } from "../shared/texts.js";
import { own, state } from "./state.js";

const EXPECTED = 1.5; // bits a letter, of a name that it knows from its training text
const CHEAP = 2.5; // bits a letter, of a name that it has just read; a blind guess among 65 costs 6
const MOST = 0.5; // of the letters' probabilities: then they are copied
const LIKELY = 1; // bits: a probability of a half
const HARDLY_LESS = 0.75; // of what it cost the first time
const SEEDS = 10_000;

const spelt = (name) => readable(name).normalize("NFC"); // an accent is a part of its letter
const speakerOf = (name) => spelt(name).toUpperCase();
const headingOf = (name) => `${speakerOf(name)}:`;
const capitalised = ([first, ...rest]) => [first.toUpperCase(), ...rest].join("");

/** The text in which a name, which the network may never have seen, is a speaker's, twice. */
export function sceneOf(name) {
  const { scene } = own.config.initial; // with {NAME} and {Name} in the places of the name
  // Who has the same name in the scene already gets another.
  const withOther = (line) => (line === headingOf(name) ? "A VOICE:" : line);
  const ofOther = scene.split("\n").map(withOther).join("\n");
  const withHeadings = ofOther.replaceAll("{NAME}", () => speakerOf(name));
  return withHeadings.replaceAll("{Name}", () => capitalised(spelt(name)));
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

/**
 * Of a name that was read twice: the letter that gains most the second time, of those that are likely
 * then, if there are some; and what the name cost, in words.
 */
export function copyOf({ length, first, again }) {
  const costsAt = (start) => state.surprisals.slice(start, start + length).map((bits) => bits || 0);
  const costs = costsAt(again);
  const letters = state.characters.slice(again, again + length);
  const gains = costsAt(first).map((bits, k) => (letters[k] === " " ? 0 : bits - costs[k]));
  const likely = gains.map((gain, k) => (costs[k] < LIKELY ? gain : 0));
  const shown = Math.max(...likely) > 0 ? likely : gains;
  const best = shown.indexOf(Math.max(...shown));
  return { position: again + best, said: answerInWords(letters, first, again) };
}

/** Whether it knows the name, from what its letters cost the first time and the second. */
function answerInWords(letters, first, again) {
  const { network, surprisals, copied, lacks } = state;
  const isKnown = (k) => network.known.has(letters[k]);
  const known = [...letters.keys()].filter(isKnown);
  if (known.length === 0) return `It never saw the letters of ${isolated(letters.join(""))}, so it skips them.`;
  const name = isolated(known.map((k) => letters[k]).join(""));
  const sumFrom = (values, start) => sum(known.map((k) => values[start + k] || 0));
  const costs = {
    before: sumFrom(surprisals, first), // bits
    after: sumFrom(surprisals, again),
    expected: known.length * EXPECTED,
    cheap: known.length * CHEAP,
    guess: known.length * Math.log2(network.config.chars.length),
  };
  const isCopied = sumFrom(copied, again) > known.length * MOST;
  const answer = lacks.copying ? withoutCopying(name, costs) : withEverything(name, costs, isCopied);
  const skipped = new Set(letters.filter((_, k) => !isKnown(k)).map(inSentence));
  const skips = skipped.size ? ` It skips ${[...skipped].join(" and ")}, which it never saw.` : "";
  return answer + skips;
}

function withEverything(name, { before, after, expected, cheap, guess }, isCopied) {
  const [first, second] = [before, after].map((bits) => bits.toFixed());
  if (before < expected) return `Yes: it expected ${name} (${first} bits of surprise the first time, ${second} the second).`;
  if (after < cheap) {
    const does = isCopied ? "copied" : "remembered";
    return `Now it does: ${name} surprised it the first time (${first} bits), and it ${does} the second (${second} bits).`;
  }
  const degree = after < Math.min(before / 2, guess) ? "Partly" : "Hardly";
  const cost = `${first} bits of surprise the first time, and ${second} the second`;
  return `${degree}: ${name} cost ${cost}; blind guessing costs ${guess.toFixed()}.`;
}

function withoutCopying(name, { before, after, cheap }) {
  let does = "doesn't remember it";
  if (after < before * HARDLY_LESS) does = "hardly remembers it";
  if (after < cheap) does = "remembers it";
  if (before < cheap) does = "knows it anyway";
  const cost = `${before.toFixed()} bits the first time, and ${after.toFixed()} the second`;
  return `Without copying, ${name} costs ${cost}: the rest of the network ${does}.`;
}

const INVISIBLE = /[\p{C}\p{Z}\p{Variation_Selector}]/u;
const inSentence = (letter) => (INVISIBLE.test(letter) ? "an invisible character" : isolated(letter));

/** A name within a sentence, whichever way it is written: between marks of Unicode, as in <bdi>. */
const isolated = (name) => `\u2068${name}\u2069`;
