// The page's elements, and small ones that are made again and again.

const byId = (id) => document.getElementById(id);

const page = {
  settings: byId("settings"), // the form
  colour: byId("settings").elements.colour, // its three radio buttons
  off: byId("settings").elements.off, // and those of what is switched off
  write: byId("write"),
  speed: byId("speed"),
  takeBack: byId("take-back"),
  status: byId("status"),
  progress: byId("progress"),
  share: byId("share"),
  shared: byId("shared"), // what came of it
  spoken: byId("spoken"), // what only screen readers say
  ofExample: byId("of-example"), // a sentence about the example
  sheet: byId("sheet"), // the box that scrolls: the textarea, over the coloured letters
  paper: byId("paper"),
  arcs: byId("arcs"),
  text: byId("text"),
  focus: byId("focus"),
  next: byId("next"),
  predictedTitle: byId("predicted-title"),
  toEnd: byId("to-end"), // looks at what comes next
  sort: byId("sort"), // the order of the cells in the wall
  wall: byId("wall"),
  aboutCell: byId("about-cell"), // which one is chosen, and what it follows
  gates: byId("gates"),
  broken: byId("broken"), // what switching off cells changes
};

/** The numbers that you choose. */
const numberFields = {
  temperature: page.settings.elements.temperature,
  min_p: page.settings.elements.min_p,
  top_p: page.settings.elements.top_p,
  seed: page.settings.elements.seed,
};

const still = matchMedia("(prefers-reduced-motion: reduce)"); // whether nothing may move by itself

const SIGNS = { " ": "␣", "\n": "↵", "\t": "⇥", "\u00a0": "⍽" };
const NAMES = { " ": "Space", "\n": "Line break", "\t": "Tab" };
const signOf = (character) => SIGNS[character] ?? character;
const nameOf = (character) => NAMES[character] ?? character;

/** The value that a field of numbers allows and that is closest to another value. */
function closestAllowed({ min, max, step }, value) {
  const inRange = Math.min(Math.max(value, min), max);
  return Number((Math.round(inRange / step) * step).toFixed(3));
}

/** Whether a field may have this value; a slider would silently take the nearest. */
function isAllowed({ min, max }, value) {
  return value.trim() !== "" && Number(value) >= Number(min) && Number(value) <= Number(max);
}

/** Says the value of a slider beside it. */
function showValue(field) {
  const output = field.parentElement.querySelector("output");
  if (output) output.textContent = field.value;
}

function nameOfCell(cell) {
  const layer = layerOf(cell, config.hidden_size) + 1;
  return `cell ${cell} (layer ${layer})`;
}

function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

/** An element of an SVG, with attributes and a text. */
function makeSvg(tag, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

/** A button that can't be pressed now keeps the focus. */
function setEnabled(button, isEnabled) {
  button.ariaDisabled = String(!isEnabled);
}

/**
 * Acts when a button is pressed, or Enter in a field of its form, if all fields are valid.
 *
 * The form isn't submitted, because a page that shows this one in a frame may forbid that.
 */
function onSubmit(form, button, act) {
  const submit = () => {
    if (form.reportValidity()) act();
  };
  button.addEventListener("click", submit);
  document.addEventListener("keydown", ({ key, target }) => {
    const isField = target.form === form && target.matches("input");
    if (key === "Enter" && isField) submit();
  });
}

const isEnabled = (button) => button.ariaDisabled !== "true";

/** The length of a bar, for a share from -1 to 1. */
function setLength(bar, share) {
  bar.style.width = `${(100 * Math.abs(share)).toFixed(1)}%`;
  bar.className = share < 0 ? "negative" : "";
}

/** A row with a name, a bar and a number; `share` is from -1 to 1. */
function makeBar(name, share, number, kind = "") {
  const bar = make("i", {});
  setLength(bar, share);
  const label = make("samp", {}, name);
  return make("div", { className: `bar ${kind}` }, label, bar, make("span", {}, number));
}

const NEAR_END = 40; // pixels

/** Changes what is in a box that scrolls; one that showed the end shows the new end then. */
function keepAtEnd(box, change) {
  const below = box.scrollHeight - (box.scrollTop + box.clientHeight); // pixels out of sight
  const wasAtEnd = below < NEAR_END;
  change();
  if (wasAtEnd) box.scrollTop = box.scrollHeight;
}
