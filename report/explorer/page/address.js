// The address keeps the text and the settings, so that a view can be shared.

import { BY_LAYER, numberOfCells } from "./cells.js";
import { byId, closestAllowed, onPress } from "./elements.js";
import { FOLLOWED } from "./memory.js";
import { firstSettings } from "./network.js";
import { numberFields } from "./settings.js";
import { LONGEST_TEXT } from "./sheet.js";
import { own, state } from "./state.js";
import { showText } from "./texts.js";
import { draws } from "./update.js";

const LONGEST_KEPT = 10_000; // characters of a text in the address
let saving; // a timer

draws("text position temperature min_p seed cell colour order off", () => {
  clearTimeout(saving);
  saving = setTimeout(save, 300);
});

function save() {
  clearTimeout(saving);
  const { text, position, cell, colour, order, off } = state;
  const address = new URLSearchParams();
  if (state.network === own) {
    for (const name of Object.keys(numberFields)) address.set(name, state[name]);
    address.set("cell", cell);
    address.set("colour", colour);
    if (order !== BY_LAYER) address.set("order", order);
    if (off) address.set("off", off);
  }
  if (text.length <= LONGEST_KEPT) {
    address.set("text", text);
    address.set("at", position);
  }
  try {
    history.replaceState(null, "", `#${address}`);
  } catch {
    // A page within another one may not have an address of its own.
  }
}

/** Takes text and settings from the address, and what it lacks or has wrong from the example. */
export function restore(more = {}) {
  const { config } = state.network;
  const { initial } = config;
  const first = { ...firstSettings(config), seed: initial.seed };
  const { hash } = location; // somebody's may have been pasted behind one's own
  const address = new URLSearchParams(hash.slice(hash.lastIndexOf("#") + 1));
  const patch = { ...more };
  for (const [name, field] of Object.entries(numberFields)) {
    patch[name] = allowed(field, address.get(name)) ?? first[name];
  }
  const cell = Number(address.get("cell") ?? NaN);
  const exists = Number.isInteger(cell) && cell >= 0 && cell < numberOfCells(state.network);
  patch.cell = exists ? cell : initial.cell;
  patch.colour = oneOf(["surprise", "cell", "broken"], address.get("colour")) ?? initial.colour;
  patch.order = oneOf(FOLLOWED, address.get("order")) ?? BY_LAYER;
  patch.off = oneOf(["cell", "quarter"], address.get("off")) ?? "";
  const at = parseInt(address.get("at") ?? initial.at, 10);
  const position = Math.max(0, at || 0); // beyond the text: its end
  Object.assign(patch, { position, inSight: [0, position] });
  const text = (address.get("text") ?? initial.text).slice(0, LONGEST_TEXT);
  const isNew = state.text !== "" && state.text !== text;
  if (!isNew) patch.textsBefore = state.textsBefore;
  showText(text, patch);
}
addEventListener("hashchange", () => restore());

/** The number in an address that a field can show, or undefined. */
function allowed(field, value) {
  const number = Number(value || NaN);
  const isInRange = number >= Number(field.min) && number <= Number(field.max);
  return isInRange ? closestAllowed(field, number) : undefined;
}

const oneOf = (values, value) => values.find((each) => each === value);

/** Copies the address; of a file on this machine only the end, which others put behind theirs. */
async function share() {
  save();
  const isFile = location.protocol === "file:";
  let said = isFile
    ? "Copied the end of the address: whoever has this page, too, pastes it behind theirs."
    : "Copied.";
  if (state.text.length > LONGEST_KEPT) said += " It lacks the text, which is too long for it.";
  if (state.network !== own) said += " It opens the page's own network: to share this one, save it below.";
  try {
    await navigator.clipboard.writeText(isFile ? location.hash : location.href);
  } catch {
    said = "The browser doesn't allow it: copy the address from its address bar.";
  }
  byId("shared").textContent = said;
}
onPress(byId("share"), share);
let whatItOpens = "";
draws("network text", ({ network, text }) => {
  const isKept = text.length <= LONGEST_KEPT;
  const kept = [];
  if (isKept) kept.push("your text");
  if (network === own) kept.push("your settings");
  const lacks = isKept ? "" : ": the text is too long for it";
  const opens = kept.length ? ` with ${kept.join(" and ")}${lacks}` : "";
  if (opens !== whatItOpens) byId("shared").textContent = `It opens this page${opens}.`;
  whatItOpens = opens;
});
