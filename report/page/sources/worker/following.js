// What a cell follows in the text: the same targets as in notebooks/study/cells.py.

import { sum } from "../network/vectors.js";

const HEADING = /(?:^|(?<=\n\n))[^\n:]{1,40}:(?=\n)/g;
const WORD = /\p{L}+/gu;

/** For each character, how many characters ago a mark last ended. */
const since = (isMark) => (text) => {
  let count = 0;
  return text.map((_, position) => {
    if (isMark(text, position)) count = 0;
    return count++;
  });
};

/** For each character, whether it is part of a match: 1 or 0. */
const inside = (pattern) => (text) => {
  const marks = [];
  let position = 0; // in characters: an emoji is one
  let end = 0; // in units of UTF-16, which an emoji has two of
  const joined = text.join("");
  const push = (part, value) => {
    for (const _ of part) marks[position++] = value;
  };
  for (const match of joined.matchAll(pattern)) {
    push(joined.slice(end, match.index), 0);
    push(match[0], 1);
    end = match.index + match[0].length;
  }
  push(joined.slice(end), 0);
  return marks;
};

const TARGETS = {
  "characters since the line break": since((text, k) => text[k] === "\n"),
  "characters since the blank line": since((text, k) => text[k] === "\n" && text[k - 1] === "\n"),
  "characters since the sentence ended": since((text, k) => ".!?".includes(text[k])),
  "inside a speaker heading": inside(HEADING),
  "inside a word": inside(WORD),
  "inside quotation marks": inside(/["“„«][^"“”„«»\n]+["“”»]/g),
};

/** Pearson's correlation of each cell with a target; 0 for what is constant. */
function correlations(cells, target) {
  const count = cells.length;
  const size = cells[0].length;
  const meanOfTarget = sum(target) / count;
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  const products = new Float64Array(size);
  let square = 0; // of the target's differences from its mean
  for (let position = 0; position < count; position++) {
    const values = cells[position];
    const y = target[position] - meanOfTarget;
    square += y * y;
    for (let cell = 0; cell < size; cell++) {
      sums[cell] += values[cell];
      squares[cell] += values[cell] * values[cell];
      products[cell] += values[cell] * y;
    }
  }
  return Array.from(products, (product, cell) => {
    const variance = squares[cell] - sums[cell] ** 2 / count;
    const scale = Math.sqrt(variance * square);
    return scale > 1e-9 ? product / scale : 0;
  });
}

/** How closely each cell follows a target, by its name: a correlation, from -1 to 1. */
export function scoreCells({ cells, text }, name) {
  if (cells.length === 0) return [];
  return correlations(cells, TARGETS[name](text.slice(0, cells.length)));
}
