// What the page asks about a text that was read. An answer is undefined until enough was read.

import { sum } from "../network/vectors.js";
import { ROWS } from "../shared/cells.js";
import { likeliestFirst, probabilities } from "./sampling.js";

const LEAST_COPIED = 0.01; // a less probable character was hardly copied, whatever the head did
const LEAST_SHARE = 0.01; // of a source that the page shows

/** The `count` likeliest characters: [{character, p}]. */
function likeliest(network, p, count) {
  const ids = likeliestFirst(p).slice(0, count);
  return ids.map((id) => ({ character: network.chars[id], p: p[id] }));
}

/**
 * How the character at a position was predicted, and what the cells held when it was read.
 *
 * `isKnown` is false for a character that the network never saw, `isPredicted` for the first that
 * it knows.
 */
export function explain(reader, position) {
  if (!(position in reader.text)) return undefined;
  const id = reader.network.idOf(reader.text[position]);
  const cells = reader.cells[position];
  if (id < 0) return { at: position, isKnown: false, cells };
  const { state, prediction } = reader.before(position);
  const isPredicted = prediction !== null;
  const found = { at: position, isKnown: true, isPredicted, cells };
  return isPredicted ? { ...found, ...explainPrediction(reader, state.ids, prediction, id) } : found;
}

/** What can come at the end of the text, and what the cells held after its last character. */
export function explainEnd(reader, options) {
  const at = reader.text.length;
  const q = reader.prediction === null ? null : probabilities(reader.prediction.p, options);
  const next = q === null ? [] : likeliest(reader.network, q, ROWS).filter(({ p }) => p > 0);
  return { at, isEnd: true, cells: reader.cells.at(-1), next };
}

/**
 * The probability that a character had, and which characters before it were copied.
 *
 * `ids` are the characters before it that the network knows, `reader.positions` where they are.
 */
function explainPrediction(reader, ids, { p, copies, firstCopied }, id) {
  const { network, positions } = reader;
  const sources = [];
  copies.forEach((copied, k) => {
    if (p[id] < LEAST_COPIED) return;
    const number = firstCopied + k; // of the copied character in `ids` and `positions`
    if (ids[number] === id) sources.push({ at: positions[number], share: copied / p[id] });
  });
  sources.sort((a, b) => b.share - a.share);
  const rows = likeliest(network, p, ROWS);
  const character = network.chars[id];
  const isBelow = !rows.some((row) => row.character === character); // and others may be between
  if (isBelow) rows[ROWS - 1] = { character, p: p[id], isBelow };
  return {
    p: p[id],
    likeliest: rows,
    copied: sum(sources.map((source) => source.share)), // the part of p[id] that was copied
    sources: sources.filter((source) => source.share > LEAST_SHARE).slice(0, 5),
  };
}
