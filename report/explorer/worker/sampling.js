// How the next character is drawn, by the rules of shakespeare/sampling.py.

/** The indices of p, the likeliest first. */
function likeliestFirst(p) {
  return [...p.keys()].sort((a, b) => p[b] - p[a]);
}

/** Temperature, then top-p, then min-p; the likeliest character is never dropped. */
function probabilities(p, { temperature, top_p, min_p }) {
  const order = likeliestFirst(p);
  const highest = p[order[0]];
  const exponent = 1 / Math.max(temperature, 1e-6); // temperature 0: the likeliest, always
  const q = p.map((each) => (each / highest) ** exponent); // not normalised: the highest is 1
  const enough = top_p * sum(q);
  let before = 0; // what the likelier characters have together
  for (const id of order) {
    const isLikeliest = id === order[0];
    const share = q[id];
    if (!isLikeliest && (before >= enough || share < min_p)) q[id] = 0;
    before += share;
  }
  const total = sum(q);
  return q.map((each) => each / total);
}

/** An index drawn by the probabilities q; `u` is a random number in [0, 1). */
function draw(q, u) {
  const target = u * sum(q); // rounded probabilities don't sum to exactly 1
  let reached = 0;
  for (let id = 0; id < q.length; id++) {
    reached += q[id];
    if (reached > target) return id;
  }
  return likeliestFirst(q)[0]; // only rounding leads here
}

/** Random numbers in [0, 1) from a seed: Mulberry32, by Tommy Ettinger. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
