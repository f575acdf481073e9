// Arcs over the text, from where a character was copied to the character you look at.

import { makeSvg } from "./elements.js";

const LEFT_OF_ARCS = 4; // pixels from the paper's edge that an arc keeps

/** Arcs in an SVG; `boxOf` says where a character is, in pixels. */
export class Arcs {
  constructor(element, boxOf) {
    this.element = element;
    this.boxOf = boxOf;
    this.marks = element.querySelector("defs");
  }

  /** The arcs of an explained character: see `explain` in worker/answers.js. */
  draw({ at, sources = [] }) {
    const arcs = [];
    for (const source of sources) {
      const line = arcLine(this.boxOf(source.at), this.boxOf(at));
      if (line) arcs.push({ line, share: source.share });
    }
    this.element.replaceChildren(this.marks, ...arcs.map(makeArc));
  }
}

/** A path of points: "M1,2 C3,4 5,6 7,8". */
function pathOf(start, leaves, arrives, end) {
  const inWords = (points) => points.map(([x, y]) => `${x.toFixed()},${y.toFixed()}`).join(" ");
  return `M${inWords([start])} C${inWords([leaves, arrives, end])}`;
}

/** The path from one box to another: {left, right, top, bottom} in pixels. */
function arcLine(from, to) {
  if (!from || !to) return null; // the text has become shorter
  return from.top === to.top ? arcAbove(from, to) : arcBeside(from, to);
}

/** Within a line: over the letters between. */
function arcAbove(from, to) {
  const x = (from.left + from.right) / 2;
  const end = (to.left + to.right) / 2;
  const top = from.top - Math.min(24, 8 + Math.abs(end - x) / 8);
  return pathOf([x, from.top], [x, top], [end, top], [end, to.top]);
}

/** Between two lines: to the left, the farther apart the wider, so that arcs rarely cross. */
function arcBeside(from, to) {
  const y = (from.top + from.bottom) / 2;
  const end = (to.top + to.bottom) / 2;
  const wide = Math.min(from.left, to.left) - 16 - Math.abs(end - y) / 6;
  // Halfway, the curve has three quarters of its way from the letters to `left` behind it.
  const farthest = (LEFT_OF_ARCS - (from.left + to.left) / 8) / 0.75;
  const left = Math.max(wide, farthest);
  return pathOf([from.left, y], [left, y], [left, end], [to.left, end]);
}

/** The more was copied, the stronger the arc. */
function makeArc({ line, share }) {
  return makeSvg("path", {
    d: line,
    "marker-end": "url(#arrow)",
    "stroke-width": 1 + 1.5 * share,
    "stroke-opacity": 0.4 + 0.6 * share,
  });
}
