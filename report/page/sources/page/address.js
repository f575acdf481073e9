// The address keeps the scene of a name, "#name=Emma", a text of one's own, "#text=...", or both where
// somebody has changed a scene, so that it can be sent. "#learn" and "#birth" lead to these parts of the page.

import { readable } from "../shared/texts.js";
import { byId, onPress } from "./elements.js";
import { play } from "./performance.js";
import { placesOf, sceneOf, shortened } from "./scene.js";
import { sentScene, sightOfExample } from "./scenes.js";
import { LONGEST_TEXT, show } from "./sheet.js";
import { own, state } from "./state.js";
import { showText } from "./texts.js";
import { draws, update } from "./update.js";

const LONGEST_KEPT = 10_000; // characters of a text in the address
let saving; // a timer

// What it keeps

draws("text name network", () => {
  clearTimeout(saving);
  saving = setTimeout(save, 300);
});

/** The address of a part of the page stays until there is more to keep. */
function save() {
  clearTimeout(saving);
  const end = whatDiffers();
  if (end !== "" || !isPart(location.hash)) setAddress(end);
}

const isPart = (hash) => hash.length > 1 && byId(hash.slice(1)) !== null;

function setAddress(end) {
  try {
    history.replaceState(null, "", `#${end}`);
  } catch {
    // A page within another one may not have an address of its own.
  }
}

/** The end of the address: what differs from the example. */
function whatDiffers() {
  const { text, name } = state;
  const { initial } = own.config;
  const kept = new URLSearchParams();
  if (text === initial.text) return "";
  if (isScene()) kept.set("name", name);
  const isShownByName = isSceneAlone() && placesOf(name, initial.text) === null; // else the name shows the example
  if (!isShownByName && text.length <= LONGEST_KEPT) kept.set("text", text);
  return String(kept);
}

const isScene = () => placesOf(state.name, state.text) !== null && state.name !== own.config.initial.name;

/** Whether the text is a name's scene, and behind it nothing but what the network wrote. */
function isSceneAlone() {
  const scene = isScene() ? sceneOf(state.name) : null;
  if (scene === null || !state.text.startsWith(scene)) return false;
  const { length } = Array.from(scene);
  return state.characters.every((_, position) => position < length || state.byNetwork[position]);
}

// What it shows

/** The scene or the text of an address, or the example. */
export function restore(hash) {
  // Somebody's may have been pasted behind one's own.
  const address = new URLSearchParams(hash.slice(hash.lastIndexOf("#") + 1));
  const { initial } = own.config;
  const name = shortened(address.get("name") ?? "");
  const isOfExample = name === "" || placesOf(name, initial.text) !== null;
  const first = isOfExample ? initial.text : sceneOf(name);
  const text = readable(address.get("text") ?? first).slice(0, LONGEST_TEXT);
  const isNew = state.text !== "" && state.text !== text;
  const patch = isNew ? {} : { textsBefore: state.textsBefore }; // nothing is to be taken back
  if (text === initial.text) {
    showText(text, { ...patch, name: initial.name, look: initial.at });
    show(...sightOfExample(initial.at));
  } else {
    showText(text, { ...patch, look: 0 });
    show(0, 0);
  }
  if (placesOf(name, text) === null) return;
  update({ name });
  play(sentScene);
}
addEventListener("hashchange", ({ newURL }) => {
  const { hash } = new URL(newURL); // `save` may have changed the address since
  if (!isPart(hash)) restore(hash);
});
byId("to-example").addEventListener("click", (event) => {
  event.preventDefault(); // the address may be that of the example already
  setAddress("");
  restore("");
});

// Sending it

/** Copies the address; of a file on this machine only the end, which others add to theirs. Returns what to say. */
async function copyAddress() {
  save();
  const isFile = location.protocol === "file:";
  if (isFile && state.text === own.config.initial.text) return "This is the page as it opens: send it alone.";
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
draws("text name network", ({ network }) => {
  byId("send").hidden = network !== own || !isScene(); // the address has no other network
});
draws("name network", () => {
  byId("sent").textContent = "";
});
draws("text network", () => {
  byId("shared").textContent = "";
});
