// The page's elements, and small ones that are made again and again.

export const byId = (id) => document.getElementById(id);

export const still = matchMedia("(prefers-reduced-motion: reduce)"); // nothing may move by itself
export const isTouched = matchMedia("(pointer: coarse)");

const SIGNS = { " ": "␣", "\n": "↵", "\t": "⇥", "\u00a0": "⍽" };
const NAMES = { " ": "Space", "\n": "Line break", "\t": "Tab" };
export const signOf = (character) => SIGNS[character] ?? character;
export const nameOf = (character) => NAMES[character] ?? character;

/** A name within a sentence, whichever way it is written: between marks of Unicode, as in <bdi>. */
export const isolated = (name) => `\u2068${name}\u2069`;

export function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  Object.assign(element, properties);
  element.append(...children);
  return element;
}

export const paragraph = (words) => make("p", {}, words);

/** An element of an SVG, with attributes and a text. */
export function makeSvg(tag, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

/** Words that a screen reader says: not again, if they are there already. */
export function say(element, words) {
  if (element.textContent !== words) element.replaceChildren(make("span", {}, words));
}

/** A button that can't be pressed now keeps the focus. */
export function setEnabled(button, isEnabled) {
  button.ariaDisabled = String(!isEnabled);
}

const isEnabled = (button) => button.ariaDisabled !== "true";

export function onPress(button, act) {
  button.addEventListener("click", () => {
    if (isEnabled(button)) act();
  });
}

/** Acts when the form's button is pressed, or Enter in a field of it; it isn't sent anywhere. */
export function onSubmit(form, act) {
  form.addEventListener("submit", (event) => {
    event.preventDefault(); // that would reload the page
    act();
  });
}

/** The length of a bar, for a share from 0 to 1. */
export function setLength(bar, share) {
  bar.style.width = `${(100 * share).toFixed(1)}%`;
}

/** A row with a name, a bar and a number; `share` is from 0 to 1. */
export function makeBar(name, share, number, kind = "") {
  const bar = make("i", {});
  setLength(bar, share);
  const label = make("samp", {}, name);
  return make("div", { className: `bar ${kind}` }, label, bar, make("span", {}, number));
}

const NEAR_END = 40; // pixels

/** Changes what is in a box that scrolls; one that showed the end shows the new end then. */
export function keepAtEnd(box, change) {
  const below = box.scrollHeight - (box.scrollTop + box.clientHeight); // pixels out of sight
  const wasAtEnd = below < NEAR_END;
  change();
  if (wasAtEnd) box.scrollTop = box.scrollHeight;
}

/** The value that a field of numbers allows and that is closest to another value. */
export function closestAllowed({ min, max, step }, value) {
  const inRange = Math.min(Math.max(value, min), max);
  return Number((Math.round(inRange / step) * step).toFixed(3));
}
