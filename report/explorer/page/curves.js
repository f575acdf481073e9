// The losses while a network learns, as curves over the characters that it has read.

import { grouped, twoDecimals } from "../shared/numbers.js";
import { makeSvg } from "./elements.js";
import { multiples, niceStep, Points } from "./points.js";

const HEIGHT = 220; // pixels
const MARGIN = { left: 34, right: 34, top: 10, bottom: 38 };
const LEAST_CHARACTERS = 20_000; // at the right end, so that the first seconds don't jump
const MOST_LINES = 6; // of the grid, which has a label each
const MOST_LABELS = 5; // below the curves, in a wide window

/** Two curves, and the line of the counting model: x are characters, y is bits. */
export class Curves {
  constructor(element) {
    this.element = element; // an svg
    this.frame = 0; // the next one, if there is something to draw
    this.inSight = false;
    this.clear();
    new ResizeObserver(() => this.drawLater()).observe(element.parentElement);
    new IntersectionObserver((entries) => {
      this.inSight = entries.at(-1).isIntersecting;
      this.drawLater();
    }).observe(element.parentElement);
  }

  clear() {
    this.training = new Points();
    this.heldOut = new Points();
    this.countsLoss = null;
  }

  /** Adds a point to the curve "training" or "heldOut". */
  add(name, x, y) {
    if (Number.isFinite(y)) this[name].add(x, y);
  }

  /** Where the lowest and the highest loss are, and the characters at the right end. */
  findRange() {
    const points = [...this.training.list, ...this.heldOut.list];
    const losses = points.map((point) => point.y);
    if (this.countsLoss !== null) losses.push(this.countsLoss);
    this.right = Math.max(LEAST_CHARACTERS, ...points.map((point) => point.x));
    this.bottom = Math.floor(2 * Math.min(...losses)) / 2;
    this.top = Math.ceil(2 * Math.max(...losses)) / 2;
    if (this.top === this.bottom) this.top += 0.5;
  }

  /** Characters to pixels. */
  across(x) {
    const width = this.width - MARGIN.left - MARGIN.right;
    return MARGIN.left + (width * x) / this.right;
  }

  /** Bits to pixels. */
  down(y) {
    const height = HEIGHT - MARGIN.top - MARGIN.bottom;
    return MARGIN.top + (height * (this.top - y)) / (this.top - this.bottom);
  }

  drawLater() {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = 0;
    const isEmpty = this.training.list.length + this.heldOut.list.length === 0;
    this.width = this.element.parentElement.clientWidth;
    if (isEmpty || this.width === 0) return;
    this.element.setAttribute("aria-label", this.inWords());
    if (!this.inSight) return;
    this.findRange();
    this.element.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    this.element.setAttribute("height", HEIGHT);
    const parts = [...this.axes(), ...this.lineOfCounts()];
    parts.push(this.lineOf("training"), this.lineOf("heldOut"));
    for (const { x, y } of this.heldOut.list) {
      const dot = { class: "heldOut", cx: this.across(x), cy: this.down(y), r: 2.5 };
      parts.push(makeSvg("circle", dot));
    }
    this.element.replaceChildren(...parts);
  }

  axes() {
    const parts = [];
    const left = MARGIN.left;
    const right = this.width - MARGIN.right;
    const step = Math.max(0.5, niceStep((this.top - this.bottom) / MOST_LINES));
    for (const loss of multiples(step, this.bottom, this.top)) {
      const y = this.down(loss);
      parts.push(makeSvg("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }));
      const place = { x: left - 6, y: y + 4, "text-anchor": "end" };
      parts.push(makeSvg("text", place, loss.toFixed(step < 1 ? 1 : 0)));
    }
    const labels = Math.min(MOST_LABELS, this.width / 100);
    for (const characters of multiples(niceStep(this.right / labels), 0, this.right)) {
      const place = { x: this.across(characters), y: HEIGHT - 22, "text-anchor": "middle" };
      parts.push(makeSvg("text", place, grouped(characters)));
    }
    const place = { x: (left + right) / 2, y: HEIGHT - 5, "text-anchor": "middle" };
    parts.push(makeSvg("text", place, "characters read"));
    return parts;
  }

  lineOfCounts() {
    if (this.countsLoss === null) return [];
    const y = this.down(this.countsLoss);
    const ends = { x1: MARGIN.left, x2: this.width - MARGIN.right, y1: y, y2: y };
    return [makeSvg("line", { class: "counts", ...ends })];
  }

  lineOf(name) {
    const corners = this[name].list.map(({ x, y }) => {
      return `${this.across(x).toFixed(1)},${this.down(y).toFixed(1)}`;
    });
    return makeSvg("polyline", { class: name, points: corners.join(" ") });
  }

  /** What the curves show, for those who don't see them. */
  inWords() {
    const fromTo = ({ list }) => {
      if (list.length === 0) return "not measured yet";
      const first = twoDecimals(list[0].y);
      const last = twoDecimals(list.at(-1).y);
      return `from ${first} to ${last}`;
    };
    const training = `training text ${fromTo(this.training)}`;
    const heldOut = `held-out text ${fromTo(this.heldOut)}`;
    const counts = this.countsLoss === null ? "" : `; counting model ${twoDecimals(this.countsLoss)}`;
    return `Loss curves, in bits per character: ${training}, ${heldOut}${counts}.`;
  }
}
