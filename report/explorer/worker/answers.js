// What the page asks about a text that was read. An answer is undefined until enough was read.

/** The `count` likeliest characters: [{character, p}]. */
function likeliest(network, p, count) {
  const ids = likeliestFirst(p).slice(0, count);
  return ids.map((id) => ({ character: network.chars[id], p: p[id] }));
}

/** How the character at a position was predicted, and what a cell did when it was read. */
function explain(reader, position, unit) {
  if (position >= reader.text.length) return undefined;
  const character = reader.text[position];
  const id = reader.network.idOf(character);
  if (id < 0) return { at: position };
  const { state, prediction } = reader.before(position);
  const found = { at: position };
  if (prediction) Object.assign(found, explainPrediction(reader, state.ids, prediction, id));
  Object.assign(found, explainCell(reader.network, state, id, unit));
  return found;
}

/** The probability that a character had, and which characters before it were copied. */
function explainPrediction(reader, ids, { p, copies, firstCopied }, id) {
  const { network, positions } = reader;
  const sources = [];
  copies.forEach((copied, k) => {
    if (ids[firstCopied + k] === id) {
      sources.push({ at: positions[firstCopied + k], share: copied / p[id] });
    }
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

/** What the memory cell `unit` does at a character; changes the state, which is the one before. */
function explainCell(network, state, id, unit) {
  const size = network.hiddenSize;
  const number = Math.floor(unit / size); // of the layer
  const j = unit % size;
  const layer = state.layers[number];
  const oldCell = layer.c[j];
  const gates = network.step(id, state).gates[number];
  const newCell = layer.c[j];
  return {
    gates: { i: gates[j], f: gates[size + j], g: gates[2 * size + j], o: gates[3 * size + j] },
    oldCell,
    newCell,
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
  const found = [];
  for (let unit = 0; unit < reader.cells[0].length; unit++) {
    const inside = new Uint32Array(255); // how often each value from -127 to 127 occurs
    const outside = new Uint32Array(255);
    reader.cells.forEach((values, position) => {
      const isInside = position >= start && position < end;
      const counts = isInside ? inside : outside;
      counts[127 + values[unit]] += 1;
    });
    found.push({ unit, area: rocArea(inside, outside) });
  }
  const distance = ({ area }) => Math.abs(area - 0.5); // always lower tells as much as higher
  found.sort((a, b) => distance(b) - distance(a));
  return found.slice(0, 8);
}
