// The address keeps the text, who wrote it, and the settings, so that a view can be shared.
//
// A person can write one, too, with what matters alone: "#off=quarter", or "#name=Emma", whose scene
// is then played, or "#order=inside+a+word", for the cell that follows that, or "#learn".

import { layerOf } from "../shared/cells.js";
import { fromRanges, toRanges } from "../shared/lists.js";
import { readable } from "../shared/texts.js";
import { BY_LAYER, firstOfLastLayer, numberOfCells } from "./cells.js";
import { byId, closestAllowed, onPress, still } from "./elements.js";
import { FOLLOWED } from "./memory.js";
import { firstSettings } from "./network.js";
import { replay } from "./replay.js";
import { placesOf, sceneOf, seedOf } from "./scene.js";
import { numberFields } from "./settings.js";
import { LONGEST_TEXT } from "./sheet.js";
import { BROKEN, own, state, WHOLE } from "./state.js";
import { showText } from "./texts.js";
import { draws, update } from "./update.js";

const LONGEST_KEPT = 10_000; // characters of a text in the address
const WRITERS = { wrote: WHOLE, wroteBroken: BROKEN }; // by their names in the address
let saving; // a timer
let showsLearning = false; // soon

draws("text name lacks position temperature min_p seed cell colour order off", () => {
  clearTimeout(saving);
  saving = setTimeout(save, 300);
});

function save() {
  clearTimeout(saving);
  const { text, name, position, cell, colour, order, off, lacks } = state;
  const address = new URLSearchParams();
  if (state.network === own) {
    for (const key of Object.keys(numberFields)) address.set(key, state[key]);
    address.set("cell", cell);
    address.set("colour", colour);
    if (order !== BY_LAYER) address.set("order", order);
    if (off) address.set("off", off);
    if (off === "quarter") address.set("held", toRanges(lacks.cells));
  }
  if (text.length <= LONGEST_KEPT) {
    address.set("text", text);
    address.set("at", position);
    if (placesOf(name, text)) address.set("name", name); // else somebody has changed it since
    for (const [key, writer] of Object.entries(WRITERS)) {
      const written = toRanges(positionsOf(writer));
      if (written) address.set(key, written);
    }
  }
  try {
    history.replaceState(null, "", `#${String(address).replaceAll("%2C", ",")}`); // shorter
  } catch {
    // A page within another one may not have an address of its own.
  }
}

/** The positions of what one of WRITERS wrote. */
function positionsOf(writer) {
  const positions = [...state.byNetwork.keys()];
  return positions.filter((position) => state.byNetwork[position] === writer);
}

/** Takes all that from the address, and what it lacks or has wrong from the example. */
export function restore(more = {}) {
  const { hash } = location; // somebody's may have been pasted behind one's own
  const address = new URLSearchParams(hash.slice(hash.lastIndexOf("#") + 1));
  const patch = { ...more, ...settingsIn(address), ...choicesIn(address) };
  const name = (address.get("name") ?? "").trim();
  const { text: example } = state.network.config.initial;
  const isOfExample = name === "" || placesOf(name, example) !== null;
  const first = isOfExample ? example : sceneOf(name);
  const text = readable(address.get("text") ?? first).slice(0, LONGEST_TEXT);
  if (address.has("text")) patch.byNetwork = writersIn(address, text.length);
  const isScene = placesOf(name, text) !== null;
  if (isScene) Object.assign(patch, { name, readTo: still.matches ? Infinity : 0 });
  if (isScene && !address.has("seed")) patch.seed = seedOf(name);
  const isNew = state.text !== "" && state.text !== text;
  if (!isNew) patch.textsBefore = state.textsBefore;
  showText(text, patch);
  if (isScene) replay(address.has("at") ? state.position : Infinity);
  showsLearning = address.has("learn");
}
addEventListener("hashchange", () => restore());

draws("explained", ({ explained }) => {
  if (!showsLearning || explained.at === undefined) return; // what is above isn't there yet
  showsLearning = false;
  byId("learn").scrollIntoView();
});

/** How it writes. */
function settingsIn(address) {
  const { config } = state.network;
  const first = { ...firstSettings(config), seed: config.initial.seed };
  const settings = {};
  for (const [name, field] of Object.entries(numberFields)) {
    settings[name] = allowed(field, address.get(name)) ?? first[name];
  }
  return settings;
}

/** Where you look, and what you have chosen. */
function choicesIn(address) {
  const { network } = state;
  const { initial } = network.config;
  const order = oneOf(FOLLOWED, address.get("order")) ?? BY_LAYER;
  const canBeOff = ["cell", "quarter", ...(network.config.copy_size ? ["copying"] : [])];
  const off = oneOf(canBeOff, address.get("off")) ?? "";
  const usual = off ? "broken" : initial.colour;
  const colour = oneOf(["surprise", "cell", "broken"], address.get("colour")) ?? usual;
  const number = Number(address.get("cell") ?? NaN);
  const exists = Number.isInteger(number) && number >= 0 && number < numberOfCells(network);
  const first = off === "quarter" ? firstOfLastLayer(network) : initial.cell;
  const cell = exists ? number : first;
  const picksCell = order !== BY_LAYER && !exists;
  const lacks = off === "quarter" ? quarterIn(address, cell) : null;
  const at = parseInt(address.get("at") ?? initial.at, 10);
  const position = Math.max(0, at || 0); // beyond the text: its end
  return { colour, order, off, cell, picksCell, lacks, position, inSight: [0, position] };
}

/** The quarter, if it is in the layer of the chosen cell; or null. */
function quarterIn(address, cell) {
  const { network } = state;
  const inLayer = (each) => layerOf(each, network.config.hidden_size);
  const cells = fromRanges(address.get("held") ?? "", numberOfCells(network));
  const isOne = cells.length > 0 && cells.every((each) => inLayer(each) === inLayer(cell));
  return isOne ? { cells, copying: false } : null;
}

/** By whom each character was written: see `byNetwork`. */
function writersIn(address, length) {
  const byNetwork = [];
  for (const [key, writer] of Object.entries(WRITERS)) {
    for (const position of fromRanges(address.get(key) ?? "", length)) byNetwork[position] = writer;
  }
  return byNetwork;
}

/** The number in an address that a field can show, or undefined. */
function allowed(field, value) {
  const number = Number(value || NaN);
  const isInRange = number >= Number(field.min) && number <= Number(field.max);
  return isInRange ? closestAllowed(field, number) : undefined;
}

const oneOf = (values, value) => values.find((each) => each === value);

/** Copies the address; of a file on this machine only the end, which others add to theirs. Returns what to say. */
async function copyAddress() {
  save();
  const isFile = location.protocol === "file:";
  let said = isFile
    ? "Copied. This page is a file on your machine: send it, too. Whoever opens it adds what you copied to the end of its address."
    : "Copied. Paste it into a message: whoever opens it sees the same.";
  if (state.text.length > LONGEST_KEPT) said += " It lacks the text, which is too long for it.";
  if (state.network !== own) said += " It opens the page's own network: to share this one, save it below.";
  try {
    await navigator.clipboard.writeText(isFile ? location.hash : location.href);
  } catch {
    return "The browser doesn't allow it: copy the address from its address bar.";
  }
  return said;
}
onPress(byId("share"), async () => {
  byId("shared").textContent = await copyAddress();
});
onPress(byId("send"), async () => update({ said: await copyAddress() }));
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
