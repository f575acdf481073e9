// The page's elements, and small ones that are made again and again.

const byId = (id) => document.getElementById(id);

const page = {
  settings: byId("settings"), // the form
  stop: byId("stop"),
  status: byId("status"),
  progress: byId("progress"),
  spoken: byId("spoken"), // what only screen readers say
  sheet: byId("sheet"), // the box that scrolls: the textarea, over the coloured letters
  paper: byId("paper"),
  text: byId("text"),
  focus: byId("focus"),
  next: byId("next"),
  found: byId("found"), // the list of cells that follow something
  unit: byId("unit"),
  gates: byId("gates"),
  units: byId("units"), // the cells that react to a selection
};
const config = JSON.parse(byId("config").textContent);

/** What the address keeps; each has a value. */
const fields = {
  temperature: page.settings.elements.temperature,
  min_p: page.settings.elements.min_p,
  top_p: page.settings.elements.top_p,
  seed: page.settings.elements.seed,
  colour: page.settings.elements.colour,
  unit: page.unit,
};

const SIGNS = { " ": "␣", "\n": "↵", "\t": "⇥", "\u00a0": "⍽" };
const NAMES = { " ": "Space", "\n": "Line break", "\t": "Tab" };
const signOf = (character) => SIGNS[character] ?? character;
const nameOf = (character) => NAMES[character] ?? character;

function percent(p) {
  let decimals = 2;
  if (p >= 0.01) decimals = 1;
  if (p >= 0.1) decimals = 0;
  return `${(100 * p).toFixed(decimals)} %`;
}

function nameOfCell(unit) {
  const layer = Math.floor(unit / config.hidden_size) + 1;
  return `cell ${unit} (layer ${layer})`;
}

function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

/** A row with a name, a bar and a number; `share` is from -1 to 1. */
function makeBar(name, share, number, kind = "") {
  const length = make("i", {});
  length.style.width = `${(100 * Math.abs(share)).toFixed(1)}%`;
  if (share < 0) length.className = "negative";
  const label = make("samp", {}, name);
  return make("div", { className: `bar ${kind}` }, label, length, make("span", {}, number));
}
