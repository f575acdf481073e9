// Reads the page's text in a worker, so that typing never waits, and writes at its end.
const KEPT = 32; // so often a state is kept, from which a changed text is read again
const PIECE = 25; // milliseconds of work between two looks at what the page asks
const MOST = 5000, LONGEST = 200_000; // characters: written at a time, and in all

let network, state, last; // what the last step returned: nothing until it knows a character
let goal = [], version = 0, sent = 0; // the page's text, its number, how much of it was answered
let text = [], surprisals = [], cells = [], places = [], kept = []; // of what was read of it
let options, random, left = 0, unit = 0, asked = {}, working = false, news = false;

const clone = ({ h, c }) => ({ h: h.slice(), c: c.slice() });
const mark = ({ layers, top, ids }) => ({ layers: layers.map(clone), top, length: ids.length });
const resume = ({ layers, top, length }, { keys, ids }) =>
  ({ layers: layers.map(clone), top, keys: keys.slice(0, length), ids: ids.slice(0, length) });
const id = (character) => network.chars.indexOf(character); // -1 for what the network never saw
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const likeliest = (p) => [...p.keys()].sort((a, b) => p[b] - p[a]);
const best = (p, count) => likeliest(p).slice(0, count).map((k) => [network.chars[k], p[k]]);

function read(character) {
  if (text.length % KEPT === 0) {
    kept.push({ before: mark(state), last: last && { ...last, gates: [] } });
  }
  const known = id(character) >= 0;
  surprisals.push(known && last ? -Math.log2(last.p[id(character)]) : NaN); // in bits
  if (known) {
    last = network.step(id(character), state);
    places.push(text.length);
  }
  text.push(character);
  cells.push(Int8Array.from(state.layers.flatMap(({ c }) => [...c]), (c) => 127 * Math.tanh(c)));
}

/** Forgets what stands behind a place, and up to KEPT characters more. */
function forget(place) {
  if (place === text.length) return;
  const number = Math.floor(place / KEPT);
  state = resume(kept[number].before, state);
  last = kept[number].last;
  places.length = state.ids.length;
  kept.length = number;
  for (const list of [text, surprisals, cells]) list.length = number * KEPT;
}

/** What it draws by: `probabilities` of shakespeare/sampling.py. */
function probabilities(p, { temperature, top_p, min_p }) {
  const order = likeliest(p), highest = p[order[0]];
  const q = p.map((each) => (each / highest) ** (1 / Math.max(temperature, 1e-6)));
  let rest = top_p * sum(q); // what those before have not reached yet
  for (const k of order) {
    const dropped = k !== order[0] && (rest <= 0 || q[k] < min_p);
    rest -= q[k];
    if (dropped) q[k] = 0;
  }
  const total = sum(q);
  return q.map((each) => each / total);
}

function draw(q) {
  let u = random() * sum(q);
  return network.chars[q.findIndex((each) => (u -= each) < 0)];
}

/** Numbers in [0, 1) from a seed: Mulberry32, by Tommy Ettinger. */
function generator(seed) {
  return () => {
    let t = (seed = (seed + 0x6d2b79f5) | 0);
    t = Math.imul(t ^ (t >>> 15), 1 | t);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How the character at a place was predicted, and what the chosen cell did when it was read. */
function look(at) {
  if (at >= text.length) return undefined;
  const number = Math.floor(at / KEPT), there = resume(kept[number].before, state), found = { at };
  let step = kept[number].last;
  for (const before of text.slice(number * KEPT, at).map(id)) {
    if (before >= 0) step = network.step(before, there);
  }
  const me = id(text[at]), layer = there.layers[Math.floor(unit / network.size)];
  if (me < 0) return found;
  if (step) {
    const { p, copy, from } = step, share = (k) => copy[k] / p[me];
    const sources = [...copy.keys()].filter((k) => there.ids[from + k] === me);
    sources.sort((a, b) => copy[b] - copy[a]);
    found.p = p[me];
    const likely = likeliest(p).slice(0, 5), rows = likely.includes(me) ? likely : [...likely, me];
    found.likeliest = rows.map((k) => [network.chars[k], p[k]]);
    found.copied = sum(sources.map(share));
    found.sources = sources.filter((k) => share(k) > 0.01).slice(0, 5);
    found.sources = found.sources.map((k) => [places[from + k], share(k)]);
  }
  const j = unit % network.size, before = layer.c[j];
  const gates = network.step(me, there).gates[Math.floor(unit / network.size)];
  found.gates = [0, 1, 2, 3].map((gate) => gates[gate * network.size + j]); // i, f, g, o
  return { ...found, c: [before, layer.c[j]], h: layer.h[j] };
}

/** The cells whose tanh(c) tells the characters from `start` to `end` from the others best. */
function compare([start, end]) {
  if (end > text.length) return undefined;
  if (end - start === text.length) return []; // there is no other character
  const found = Array.from(cells[0], (_, k) => {
    const inside = new Uint32Array(255), outside = new Uint32Array(255); // how often each value
    cells.forEach((values, at) => (at >= start && at < end ? inside : outside)[values[k] + 127]++);
    let below = 0, area = 0; // how often a value inside is higher than one outside; ties are half
    inside.forEach((count, value) => {
      area += count * (below + outside[value] / 2);
      below += outside[value];
    });
    return [k, below ? area / ((end - start) * below) : 0.5]; // the area under the ROC curve
  });
  return found.sort(([, a], [, b]) => Math.abs(b - 0.5) - Math.abs(a - 0.5)).slice(0, 8);
}

const tell = {
  network({ config, bytes }) {
    network = new CharLSTM(config, bytes);
    state = network.start();
  },
  text({ value, number, shown, seed }) {
    [goal, version] = [Array.from(value), number];
    const differs = goal.findIndex((character, at) => character !== text[at]);
    forget(differs < 0 ? goal.length : differs);
    sent = Math.min(shown, text.length);
    if (seed !== undefined) [left, random] = [MOST, generator(seed)];
  },
  options: (chosen) => (options = chosen),
  stop: () => (left = 0),
  unit: (chosen) => ([unit, sent] = [chosen, 0]),
};
const answer = { look, compare };

const channel = new MessageChannel(); // quicker than a timer

/** Reads, writes and answers in pieces until nothing is left to do. */
async function work() {
  for (working = true, news = true; news || text.length < goal.length || left > 0; ) {
    news = false;
    const end = performance.now() + PIECE;
    while (performance.now() < end && (text.length < goal.length || left > 0)) {
      if (text.length < goal.length) read(goal[text.length]);
      else if (!last || text.length >= LONGEST) left = 0; // nothing to continue, or enough
      else if (left--) read((goal[text.length] = draw(probabilities(last.p, options))));
    }
    const answers = {}, reading = goal.length - text.length;
    for (const [name, about] of Object.entries(asked)) {
      answers[name] = answer[name](about);
      if (answers[name] !== undefined || !reading) delete asked[name];
    }
    postMessage({
      ...{ version, reading, writing: left > 0, start: sent, characters: text.slice(sent) },
      surprisals: surprisals.slice(sent),
      values: cells.slice(sent).map((values) => values[unit]),
      next: !reading && last && best(probabilities(last.p, options), 10),
      ...answers,
    });
    sent = text.length;
    channel.port2.postMessage(0);
    await new Promise((resolve) => (channel.port1.onmessage = resolve));
  }
  working = false;
}

onmessage = ({ data: [name, value] }) => {
  news = true;
  if (tell[name]) tell[name](value);
  else asked[name] = value;
  if (network && options && !working) work().catch((error) => setTimeout(() => { throw error; }));
};
