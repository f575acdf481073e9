// What the page asks about a text that was read. An answer is undefined until enough was read.

/** The `count` likeliest characters: [{character, p}]. */
function likeliest(network, p, count) {
  const ids = likeliestFirst(p).slice(0, count);
  return ids.map((id) => ({ character: network.chars[id], p: p[id] }));
}

/**
 * How the character at a position was predicted, and what a cell did when it was read.
 *
 * `isKnown` is false for a character that the network never saw, `isPredicted` for the first that
 * it knows.
 */
function explain(reader, position, cell) {
  if (position >= reader.text.length) return undefined;
  const id = reader.network.idOf(reader.text[position]);
  if (id < 0) return { at: position, isKnown: false };
  const { state, prediction } = reader.before(position);
  const isPredicted = prediction !== null;
  const found = { at: position, isKnown: true, isPredicted };
  if (isPredicted) Object.assign(found, explainPrediction(reader, state.ids, prediction, id));
  Object.assign(found, explainCell(reader.network, state, id, cell)); // last: changes the state
  return found;
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
    const number = firstCopied + k; // of the copied character in `ids` and `positions`
    if (ids[number] === id) sources.push({ at: positions[number], share: copied / p[id] });
  });
  sources.sort((a, b) => b.share - a.share);
  const rows = likeliest(network, p, 5);
  const character = network.chars[id];
  if (!rows.some((row) => row.character === character)) rows.push({ character, p: p[id] });
  return {
    p: p[id],
    likeliest: rows,
    copied: sum(sources.map((source) => source.share)), // the part of p[id] that was copied
    sources: sources.filter((source) => source.share > 0.01).slice(0, 5),
  };
}

/** What a memory cell does at a character; changes the state, which is the one before. */
function explainCell(network, state, id, cell) {
  const number = layerOf(cell, network.hiddenSize);
  const j = cell % network.hiddenSize; // in its layer
  const layer = state.layers[number];
  const oldC = layer.c[j];
  const { i, f, g, o } = network.step(id, state).gates[number];
  return {
    gates: { i: i[j], f: f[j], g: g[j], o: o[j] },
    oldC,
    newC: layer.c[j],
    h: layer.h[j],
  };
}

/**
 * The area under the ROC curve: how often a value inside is higher than one outside.
 *
 * `inside` and `outside` count how often each value occurs, from the lowest value to the highest.
 * Of two equal values, half a time is counted.
 */
function rocArea(inside, outside) {
  let below = 0; // values outside that are lower than this one
  let higher = 0; // pairs in which the value inside is higher
  inside.forEach((count, value) => {
    higher += count * (below + outside[value] / 2);
    below += outside[value];
  });
  const pairs = sum(inside) * below;
  return pairs ? higher / pairs : 0.5;
}

/** The eight cells that best tell the characters from `start` to `end` from all others. */
function reactingCells(reader, start, end) {
  if (end > reader.text.length) return undefined;
  if (end - start === reader.text.length) return []; // there is no other character
  const numberOfValues = 2 * CELL_SCALE + 1; // from -CELL_SCALE to CELL_SCALE
  const found = [];
  for (let cell = 0; cell < reader.cells[0].length; cell++) {
    const inside = new Uint32Array(numberOfValues); // how often each value occurs
    const outside = new Uint32Array(numberOfValues);
    reader.cells.forEach((values, position) => {
      const isInside = position >= start && position < end;
      const counts = isInside ? inside : outside;
      counts[CELL_SCALE + values[cell]] += 1;
    });
    found.push({ cell, area: rocArea(inside, outside) });
  }
  // An area of 0 (always lower) tells as much as 1 (always higher), 0.5 tells nothing.
  const howTelling = ({ area }) => Math.abs(area - 0.5);
  found.sort((a, b) => howTelling(b) - howTelling(a));
  return found.slice(0, 8);
}
