// Arcs from where a character was copied to the character you look at. They run between the lines
// and in the margin, so that they never cross a letter.

import { makeSvg } from "./elements.js";

// Pixels
const LANES = [15, 10, 5]; // in the margin, from its edge
const BEND = 6; // the radius of a corner
const ABOVE = 3; // above a letter's box: the middle between two lines
const INSET = 2; // from the top of a letter's box to the letter

/** Arcs in an SVG; `boxOf` says where a character is, in pixels. */
export class Arcs {
  constructor(element, boxOf) {
    this.element = element;
    this.boxOf = boxOf;
    this.marks = element.querySelector("defs");
  }

  /** The arcs of an explained character: see `explain` in worker/answers.js. */
  draw({ at, sources = [] }) {
    const to = this.boxOf(at);
    const arcs = [];
    for (const source of sources) {
      const from = this.boxOf(source.at);
      const lane = LANES[arcs.length % LANES.length];
      // The text may have become shorter.
      if (from && to) arcs.push({ points: wayOf(from, to, lane), share: source.share });
    }
    this.element.replaceChildren(this.marks, ...arcs.map(makeArc));
  }
}

/** From one letter to the other, in corners: above the line, or down the margin in a lane. */
function wayOf(from, to, lane) {
  const x = (from.left + from.right) / 2;
  const end = (to.left + to.right) / 2;
  const leaves = from.top - ABOVE;
  const arrives = to.top - ABOVE;
  const between = from.top === to.top ? [] : [[lane, leaves], [lane, arrives]];
  return [[x, from.top + INSET], [x, leaves], ...between, [end, arrives], [end, to.top + INSET]];
}

/** A path through corners, which it rounds. */
function roundedPath(points) {
  const inWords = ([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`;
  const path = [`M${inWords(points[0])}`];
  for (let k = 1; k < points.length - 1; k++) {
    const [before, corner, after] = points.slice(k - 1, k + 2);
    path.push(`L${inWords(towards(corner, before))}`, `Q${inWords(corner)} ${inWords(towards(corner, after))}`);
  }
  return [...path, `L${inWords(points.at(-1))}`].join(" ");
}

/** The point that is a BEND from a corner, or halfway where that is nearer. */
function towards([x, y], [otherX, otherY]) {
  const distance = Math.hypot(otherX - x, otherY - y) || 1;
  const share = Math.min(BEND, distance / 2) / distance;
  return [x + share * (otherX - x), y + share * (otherY - y)];
}

/** The more was copied, the stronger the arc. */
function makeArc({ points, share }) {
  return makeSvg("path", {
    d: roundedPath(points),
    "marker-end": "url(#arrow)",
    "stroke-width": 1 + 1.5 * share,
    "stroke-opacity": 0.4 + 0.6 * share,
  });
}
