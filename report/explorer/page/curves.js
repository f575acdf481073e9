// The losses while a network learns, as curves over the characters that it has read.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 220; // pixels
const MARGIN = { left: 34, right: 14, top: 10, bottom: 38 };
const MOST_POINTS = 600; // of a curve: more can't be seen
const LEAST_CHARACTERS = 20_000; // at the right end, so that the first seconds don't jump
const MOST_LABELS = 5; // below the curves, in a wide window

function makeSvg(tag, attributes, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

/** Adds a point to a curve; a long one loses every second point. */
function addPoint(points, point) {
  points.push(point);
  if (points.length <= MOST_POINTS) return;
  const kept = points.filter((_, k) => k % 2 === 0);
  points.splice(0, points.length, ...kept);
}

/** 1, 2 or 5 times a power of ten: the smallest that is at least `least`. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
}

/** Multiples of a step from `low` to `high`. */
function multiples(step, low, high) {
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(k * step);
  return found;
}

/** Points {x, y} of two curves, and the line of the bar: x are characters, y is nats. */
class Curves {
  constructor(element) {
    this.element = element; // an svg
    this.clear();
    new ResizeObserver(() => this.draw()).observe(element.parentElement);
  }

  clear() {
    this.training = [];
    this.heldOut = [];
    this.bar = null;
  }

  add(curve, x, y) {
    if (!Number.isFinite(y)) return;
    addPoint(this[curve], { x, y });
  }

  /** Where the lowest and the highest loss are, and the characters at the right end. */
  findRange() {
    const points = [...this.training, ...this.heldOut];
    const losses = points.map((point) => point.y);
    if (this.bar !== null) losses.push(this.bar);
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

  /** Nats to pixels. */
  down(y) {
    const height = HEIGHT - MARGIN.top - MARGIN.bottom;
    return MARGIN.top + (height * (this.top - y)) / (this.top - this.bottom);
  }

  draw() {
    const isEmpty = this.training.length + this.heldOut.length === 0;
    this.width = this.element.parentElement.clientWidth;
    if (isEmpty || this.width === 0) return;
    this.findRange();
    this.element.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    this.element.setAttribute("height", HEIGHT);
    this.element.setAttribute("aria-label", this.inWords());
    const parts = [...this.axes(), ...this.lineOfBar()];
    parts.push(this.curve("training"), this.curve("heldOut"));
    for (const { x, y } of this.heldOut) {
      const dot = { class: "heldOut", cx: this.across(x), cy: this.down(y), r: 2.5 };
      parts.push(makeSvg("circle", dot));
    }
    this.element.replaceChildren(...parts);
  }

  axes() {
    const parts = [];
    const { left, right } = { left: MARGIN.left, right: this.width - MARGIN.right };
    const losses = multiples(this.top - this.bottom > 3 ? 1 : 0.5, this.bottom, this.top);
    for (const loss of losses) {
      const y = this.down(loss);
      parts.push(makeSvg("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }));
      const place = { x: left - 6, y: y + 4, "text-anchor": "end" };
      parts.push(makeSvg("text", place, loss.toFixed(1)));
    }
    const labels = Math.min(MOST_LABELS, this.width / 100);
    for (const characters of multiples(niceStep(this.right / labels), 0, this.right)) {
      const place = { x: this.across(characters), y: HEIGHT - 22, "text-anchor": "middle" };
      parts.push(makeSvg("text", place, characters.toLocaleString("en")));
    }
    const place = { x: (left + right) / 2, y: HEIGHT - 5, "text-anchor": "middle" };
    parts.push(makeSvg("text", place, "characters read"));
    return parts;
  }

  lineOfBar() {
    if (this.bar === null) return [];
    const y = this.down(this.bar);
    const ends = { x1: MARGIN.left, x2: this.width - MARGIN.right, y1: y, y2: y };
    return [makeSvg("line", { class: "bar-of-counts", ...ends })];
  }

  curve(name) {
    const corners = this[name].map(({ x, y }) => {
      return `${this.across(x).toFixed(1)},${this.down(y).toFixed(1)}`;
    });
    return makeSvg("polyline", { class: name, points: corners.join(" ") });
  }

  /** What the curves show, for those who don't see them. */
  inWords() {
    const fromTo = (points) => {
      if (points.length === 0) return "not measured yet";
      const [first, last] = [points[0], points[points.length - 1]];
      return `from ${first.y.toFixed(2)} to ${last.y.toFixed(2)}`;
    };
    const bar = this.bar === null ? "" : `; counts of three characters: ${this.bar.toFixed(2)}`;
    const curves = `training text ${fromTo(this.training)}, held-out text ${fromTo(this.heldOut)}`;
    return `Curves of the loss in nats a character: ${curves}${bar}.`;
  }
}
