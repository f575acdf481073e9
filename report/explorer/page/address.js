// The address keeps what differs from the example: the text, who wrote it, and the settings, so that a
// view can be shared. The scene of a name that nobody has changed is its name alone: "#name=Emma".
//
// A person can write one, too: "#off=quarter", or "#order=inside+a+word", for the cell that follows
// that, or "#learn".

import { fromRanges, toRanges } from "../shared/lists.js";
import { readable } from "../shared/texts.js";
import { BY_LAYER, numberOfCells } from "./cells.js";
import { byId, closestAllowed, onPress, still } from "./elements.js";
import { FOLLOWED } from "./memory.js";
import { firstSettings } from "./network.js";
import { replay } from "./replay.js";
import { LONGEST_NAME, placesOf, sceneOf, seedOf } from "./scene.js";
import { sightOfExample } from "./opening.js";
import { numberFields } from "./settings.js";
import { LONGEST_TEXT } from "./sheet.js";
import { BROKEN, isOfBroken, own, state, WHOLE } from "./state.js";
import { showText } from "./texts.js";
import { draws } from "./update.js";

const LONGEST_KEPT = 10_000; // characters of a text in the address
const PARTS = ["learn", "birth"]; // of the page, to which an address may lead
let saving; // a timer
let shows = ""; // one of PARTS, soon

draws("text name isRepeatable position temperature min_p seed cell colour order off network", () => {
  clearTimeout(saving);
  saving = setTimeout(saveUnlessPart, 300);
});

/** The address of a part of the page stays until there is more to keep. */
function saveUnlessPart() {
  const isPart = PARTS.includes(location.hash.slice(1));
  if (!isPart || whatDiffers() !== "") save();
}

function save() {
  clearTimeout(saving);
  setAddress(whatDiffers());
}

function setAddress(end) {
  try {
    history.replaceState(null, "", `#${end}`);
  } catch {
    // A page within another one may not have an address of its own.
  }
}

/** The end of the address: what differs from the example. */
function whatDiffers() {
  const { text, name, position, network } = state;
  const { initial } = own.config;
  const kept = new URLSearchParams();
  const keep = (key, value, usual) => {
    if (value !== usual) kept.set(key, value);
  };
  const hasName = placesOf(name, text) !== null && name !== initial.name; // else somebody has changed it since
  if (network === own) {
    for (const [key, usual] of Object.entries(usualSettings(hasName ? name : ""))) keep(key, state[key], usual);
    keep("cell", state.cell, state.order === BY_LAYER ? initial.cell : ""); // an order alone picks its own
    keep("order", state.order, BY_LAYER);
    keep("off", state.off, "");
    keep("colour", state.colour, usualColour(state.off));
  }
  if (hasName) kept.set("name", name);
  const isKnown = text === initial.text || (hasName && state.isRepeatable);
  if (isKnown && !hasName) keep("at", position, initial.at);
  if (!isKnown && text.length <= LONGEST_KEPT) {
    kept.set("text", text);
    kept.set("at", position);
    keep("wrote", toRanges(positionsWritten()), "");
    keep("broken", toRanges(positionsWritten().filter(isOfBroken)), ""); // of these
  }
  return String(kept).replaceAll("%2C", ","); // shorter
}

const positionsWritten = () => [...state.byNetwork.keys()].filter((position) => state.byNetwork[position]);

/** How it writes at first, in a name's scene or without one. */
function usualSettings(name) {
  const { config } = state.network;
  return { ...firstSettings(config), seed: name ? seedOf(name) : config.initial.seed };
}

const usualColour = (off) => (off ? "broken" : state.network.config.initial.colour);

/** Takes all that from the address, and what it lacks or has wrong from the example. */
export function restore(more = {}) {
  const { hash } = location; // somebody's may have been pasted behind one's own
  const address = new URLSearchParams(hash.slice(hash.lastIndexOf("#") + 1));
  const patch = { ...more, ...choicesIn(address) };
  const name = Array.from((address.get("name") ?? "").trim()).slice(0, LONGEST_NAME).join("");
  const { initial } = state.network.config;
  const isOfExample = name === "" || placesOf(name, initial.text) !== null;
  const first = isOfExample ? initial.text : sceneOf(name);
  const text = readable(address.get("text") ?? first).slice(0, LONGEST_TEXT);
  if (address.has("text")) patch.byNetwork = writtenIn(address, text.length);
  const isScene = placesOf(name, text) !== null;
  Object.assign(patch, settingsIn(address, isScene ? name : ""));
  if (isScene) Object.assign(patch, { name, readTo: still.matches ? Infinity : 0 });
  else if (text === initial.text) patch.name = initial.name;
  patch.isRepeatable = isScene && !isOfExample && !address.has("text");
  const isNew = state.text !== "" && state.text !== text;
  if (!isNew) patch.textsBefore = state.textsBefore;
  showText(text, patch);
  if (isScene) replay(address.has("at") ? state.position : Infinity);
  shows = PARTS.find((part) => address.has(part)) ?? "";
  showPart();
}
addEventListener("hashchange", () => restore());
byId("to-example").addEventListener("click", (event) => {
  event.preventDefault(); // the address may be that of the example already
  setAddress("");
  restore();
});

function showPart() {
  if (shows === "" || state.explained.at === undefined) return; // what is above isn't there yet
  byId(shows)?.scrollIntoView(); // a page may lack it
  shows = "";
}
draws("explained", showPart);

/** How it writes. */
function settingsIn(address, name) {
  const settings = usualSettings(name);
  for (const [key, field] of Object.entries(numberFields)) {
    settings[key] = allowed(field, address.get(key)) ?? settings[key];
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
  const colour = oneOf(["surprise", "cell", "broken"], address.get("colour")) ?? usualColour(off);
  const number = Number(address.get("cell") ?? NaN);
  const exists = Number.isInteger(number) && number >= 0 && number < numberOfCells(network);
  const cell = exists ? number : initial.cell;
  const picksCell = order !== BY_LAYER && !exists;
  const at = parseInt(address.get("at") ?? initial.at, 10);
  const position = Math.max(0, at || 0); // beyond the text: its end
  if (["cell", "order", "off", "colour"].some((key) => address.has(key))) byId("look-inside").open = true;
  const inSight = address.has("text") ? [0, position] : sightOfExample(position);
  return { colour, order, off, cell, picksCell, position, inSight };
}

/** What a network wrote: see `byNetwork`. */
function writtenIn(address, length) {
  const byNetwork = [];
  const put = (key, writer) => {
    for (const position of fromRanges(address.get(key) ?? "", length)) byNetwork[position] = writer;
  };
  put("wrote", WHOLE);
  put("broken", BROKEN);
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
  if (isFile && location.hash === "") return "This is the page as it opens: send it alone.";
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
onPress(byId("send"), async () => {
  byId("sent").textContent = await copyAddress();
});
draws("text name network", ({ text, name, network }) => {
  const isScene = placesOf(name, text) !== null && name !== own.config.initial.name;
  byId("send").hidden = network !== own || !isScene; // the address has no other network
});
draws("name network", () => {
  byId("sent").textContent = "";
});
let whatItOpens = "";
draws("network text isRepeatable", ({ network, text, isRepeatable }) => {
  const isKept = text.length <= LONGEST_KEPT;
  const kept = [];
  if (isKept) kept.push(isRepeatable ? "this scene from its beginning" : "your text");
  if (network === own) kept.push("your settings");
  const lacks = isKept ? "" : ": the text is too long for it";
  const opens = kept.length ? ` with ${kept.join(" and ")}${lacks}` : "";
  if (opens !== whatItOpens) byId("shared").textContent = `It opens this page${network === own ? "" : "'s own network"}${opens}.`;
  whatItOpens = opens;
});
