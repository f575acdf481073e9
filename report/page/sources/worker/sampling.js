// How the next character is drawn, by the rules of shakespeare/sampling.py.

import { sum } from "../network/vectors.js";

/** The indices of p, the likeliest first. */
export function likeliestFirst(p) {
  return [...p.keys()].sort((a, b) => p[b] - p[a]);
}

/** Temperature, then min-p; the likeliest character is never dropped. */
export function probabilities(p, { temperature, min_p }) {
  const highest = p.reduce((a, b) => Math.max(a, b));
  const exponent = 1 / Math.max(temperature, 1e-6); // temperature 0: the likeliest, always
  const q = p.map((each) => (each / highest) ** exponent); // not normalised: the highest is 1
  const kept = q.map((each) => (each === 1 || each >= min_p ? each : 0));
  const total = sum(kept);
  return kept.map((each) => each / total);
}

/** An index drawn by the probabilities q; `u` is a random number in [0, 1). */
export function draw(q, u) {
  const target = u * sum(q); // rounded probabilities don't sum to exactly 1
  let reached = 0;
  for (let id = 0; id < q.length; id++) {
    reached += q[id];
    if (reached > target) return id;
  }
  return likeliestFirst(q)[0]; // only rounding leads here
}

/** Random numbers in [0, 1) from a seed: Mulberry32, by Tommy Ettinger. */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
