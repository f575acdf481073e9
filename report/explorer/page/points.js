// The numbers of the learning curves: points that stay few, and round numbers for the axes.

const MOST_POINTS = 600; // of a curve: more can't be seen

/** At most MOST_POINTS points {x, y} of growing x, spread over all that were added. */
export class Points {
  constructor() {
    this.list = [];
    this.gap = 0; // the least distance of two neighbours; only the newest point may be closer
  }

  add(x, y) {
    const last = this.list.at(-1);
    const before = this.list.at(-2);
    if (before && last.x - before.x < this.gap) this.list.pop();
    this.list.push({ x, y });
    if (this.list.length > MOST_POINTS) {
      this.list = this.list.filter((_, k) => k % 2 === 0);
      this.gap = (2 * x) / MOST_POINTS;
    }
  }
}

/** 1, 2 or 5 times a power of ten: the smallest that is at least `least`. */
export function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
}

/** Multiples of a step from `low` to `high`. */
export function multiples(step, low, high) {
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(k * step);
  return found;
}
