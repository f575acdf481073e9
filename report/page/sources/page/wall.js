// The wall: a square for each memory cell, which lights up as the network reads.

import { CELL_SCALE } from "../shared/cells.js";
import { still } from "./elements.js";

const WIDEST_SQUARE = 18; // pixels, with the gap to its neighbour
const NARROWEST_SQUARE = 13;
const LABEL = 18; // pixels, above a group of cells
const GAP = 2; // pixels between two squares
const EASING = 0.35; // of the way to its new colour, that a square goes in a frame
// A difference that nobody sees, of the 2 CELL_SCALE + 1 colours: without it, easing would never end.
const UNSEEN = 1.5;

/** Squares in groups with a label each; a group is {label, cells}. */
export class Wall {
  constructor(element) {
    this.element = element;
    this.canvas = element.querySelector("canvas");
    this.mark = element.querySelector("i"); // around the chosen cell
    this.context = this.canvas.getContext("2d");
    this.groups = [];
    this.spots = []; // of each cell: {x, y} in pixels
    this.target = new Int8Array(0); // the value that each cell holds now
    this.shown = new Float32Array(0); // what its square shows: it follows in a few frames
    this.drawn = new Int16Array(0); // with which colour it was drawn
    this.frame = 0; // the next one, if there is something to draw
    this.chosen = 0;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.layOut());
    // In the next frame: laid out at once, it would change its size while sizes are observed.
    new ResizeObserver(() => requestAnimationFrame(() => this.layOut())).observe(element);
  }

  setGroups(groups) {
    this.groups = groups;
    this.order = groups.flatMap((group) => group.cells);
    if (this.target.length !== this.order.length) {
      this.target = new Int8Array(this.order.length);
      this.shown = new Float32Array(this.order.length);
    }
    this.layOut();
  }

  /** The values that the cells hold now, or nothing: CELL_SCALE tanh(c). */
  light(values) {
    if (values?.length === this.target.length) this.target = values;
    else this.target = new Int8Array(this.target.length);
    this.drawLater();
  }

  choose(cell) {
    this.chosen = cell;
    this.placeMark();
  }

  /** Says where each square is, and draws all of them. */
  layOut() {
    const width = this.element.clientWidth;
    if (width === 0 || this.groups.length === 0) return;
    const largest = Math.max(...this.groups.map((group) => group.cells.length));
    // As few rows as narrow squares allow, and then as few columns as these rows need.
    const rows = Math.ceil(largest / Math.floor(width / NARROWEST_SQUARE));
    this.columns = Math.ceil(largest / rows);
    this.size = Math.min(WIDEST_SQUARE, width / this.columns);
    let top = 0;
    this.labels = [];
    for (const { label, cells } of this.groups) {
      this.labels.push({ label, y: top + LABEL - 6 });
      top += LABEL;
      cells.forEach((cell, k) => {
        const x = (k % this.columns) * this.size;
        this.spots[cell] = { x, y: top + Math.floor(k / this.columns) * this.size };
      });
      top += Math.ceil(cells.length / this.columns) * this.size;
    }
    this.scale = devicePixelRatio;
    this.canvas.style.height = `${top}px`;
    this.canvas.width = Math.round(width * this.scale);
    this.canvas.height = Math.round(top * this.scale);
    this.drawn = new Int16Array(this.order.length).fill(-CELL_SCALE - 1); // nothing
    this.takeColours();
    this.drawLabels();
    this.placeMark();
    this.drawLater();
  }

  /** A colour for each value, from the page's style. */
  takeColours() {
    const style = getComputedStyle(this.element);
    const read = (name) => style.getPropertyValue(name).trim();
    this.quiet = read("--quiet");
    this.empty = read("--square");
    this.font = `12px ${style.fontFamily}`;
    this.colours = [];
    for (let value = -CELL_SCALE; value <= CELL_SCALE; value++) {
      const strength = Math.round(100 * Math.abs(value / CELL_SCALE) ** 0.8);
      this.colours.push(`rgb(${read(value < 0 ? "--cold" : "--warm")} / ${strength}%)`);
    }
  }

  drawLabels() {
    this.context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    this.context.fillStyle = this.quiet;
    this.context.font = this.font;
    for (const { label, y } of this.labels) this.context.fillText(label, 0, y);
  }

  drawLater() {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Draws the squares whose colour has changed. */
  draw() {
    this.frame = 0;
    if (this.spots.length === 0) return; // it was never seen, so it has no places yet
    let isMoving = false;
    for (const cell of this.order) {
      const difference = this.target[cell] - this.shown[cell];
      const isThere = still.matches || Math.abs(difference) < UNSEEN;
      this.shown[cell] = isThere ? this.target[cell] : this.shown[cell] + EASING * difference;
      isMoving ||= !isThere;
      const value = Math.round(this.shown[cell]);
      if (value === this.drawn[cell]) continue;
      this.drawn[cell] = value;
      this.drawSquare(cell, value);
    }
    if (isMoving) this.drawLater();
  }

  drawSquare(cell, value) {
    const { context } = this;
    const onScreen = (length) => Math.round(length * this.scale) / this.scale; // sharp edges
    const x = onScreen(this.spots[cell].x);
    const y = onScreen(this.spots[cell].y);
    const side = onScreen(this.size - GAP);
    context.clearRect(x, y, side, side);
    context.fillStyle = this.empty;
    context.fillRect(x, y, side, side);
    context.fillStyle = this.colours[CELL_SCALE + value];
    context.fillRect(x, y, side, side);
  }

  placeMark() {
    const spot = this.spots[this.chosen];
    if (!spot) return;
    this.mark.style.transform = `translate(${spot.x}px, ${spot.y}px)`;
    this.mark.style.width = `${this.size - GAP}px`;
    this.mark.style.height = `${this.size - GAP}px`;
  }

  /** The cell at a point of the window, or undefined. */
  cellAt(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const x = clientX - box.left;
    const y = clientY - box.top;
    return this.order.find((cell) => {
      const spot = this.spots[cell];
      const isInWidth = spot.x <= x && x < spot.x + this.size;
      return isInWidth && spot.y <= y && y < spot.y + this.size;
    });
  }

  /** The cell to which a key leads from the chosen one, or undefined. */
  cellByKey(key) {
    const now = this.order.indexOf(this.chosen);
    const last = this.order.length - 1;
    const steps = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last };
    if (key in steps) return this.order[Math.max(0, Math.min(steps[key], last))];
    if (key === "ArrowUp") return this.nearest(-1);
    if (key === "ArrowDown") return this.nearest(1);
    return undefined;
  }

  /** The cell in the next row above (-1) or below (1), or undefined. */
  nearest(direction) {
    const from = this.spots[this.chosen];
    const distance = (cell) => {
      const { x, y } = this.spots[cell];
      return 1_000 * direction * (y - from.y) + Math.abs(x - from.x);
    };
    const there = this.order.filter((cell) => direction * (this.spots[cell].y - from.y) > 1);
    return there.sort((a, b) => distance(a) - distance(b))[0];
  }
}
