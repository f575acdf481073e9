// Three scripts: the first ten seconds, the scene of a name, and a scene that somebody has sent.

import { byId, isTouched, nameOf, still } from "./elements.js";
import { hasRead, pause, read, readAtOnce } from "./performance.js";
import { answerInWords, copiedLetter, placesOf, seedOf } from "./scene.js";
import { show } from "./sheet.js";
import { own, state } from "./state.js";
import { lookAt, update } from "./update.js";
import { write } from "./writing.js";

const BEFORE = 45; // letters that are read one by one before the copied one,
const AFTER = 20; // and after it
const LOOK = 3_000; // milliseconds at it
const SCENE = 400; // characters that the network writes in a name's scene, and the rest of a line

const READS = "It reads a passage that it has never seen, letter by letter.";
const READS_SCENE = "It reads this scene, letter by letter.";
const NOW_YOU = "And your name? Type it above, or press Write.";

/** The example is read up to a name that the network copies, and you are asked for yours. */
export async function opening(signal) {
  if (!isTouched.matches) byId("name").focus({ preventScroll: true }); // else a keyboard might cover the text
  const { at, copies } = own.config.initial;
  const last = copies ? at : state.characters.length - 1;
  show(...sightOfExample(last));
  await readAtOnce(last - BEFORE, signal);
  update({ said: READS });
  await read(last + 1, signal);
  if (copies) {
    update({ said: copiedInWords(own.config.initial) });
    await pause(LOOK, signal);
    update({ said: READS });
    await read(last + AFTER, signal);
  }
  lookAt(last, { task: null, said: NOW_YOU });
}

function copiedInWords({ name, at }) {
  const letter = nameOf(state.characters[at]);
  return `It knows “${name}” by now: it copied this ${letter} from where the green arc begins.`;
}

/** From the name, where an arc may begin, to a position: what is to be seen of the example. */
export function sightOfExample(position) {
  const { text, name } = own.config.initial;
  const first = Array.from(text.slice(0, Math.max(0, text.indexOf(name)))).length;
  return [first < position ? first : 0, position];
}

/** It says whether it knows the name that was typed, and continues; `note` is said besides. */
export const sceneOfName = (seed, note) => async (signal) => {
  const said = await answer(signal, note);
  await pause(LOOK, signal);
  await continueScene(said, seed, signal);
};

/** Who opens the address of a scene sees the name being copied, and then the rest. */
export async function sentScene(signal) {
  const { first, again, length } = placesOf(state.name, state.text);
  const end = again + length;
  const isContinued = state.characters.length > end + 2; // a colon and a line break
  show(first, end);
  if (!still.matches) {
    await readAtOnce(Math.max(first, again - BEFORE), signal);
    update({ said: READS_SCENE });
    await read(end, signal);
    update({ task: null }); // it reads the rest
  }
  const said = await answer(signal);
  if (still.matches) return;
  await pause(LOOK, signal);
  if (isContinued) update({ said: `${said} ${NOW_YOU}` });
  else await continueScene(said, seedOf(state.name), signal);
}

/** Says what the name cost, once it has come back, and looks at its copied letter. */
async function answer(signal, note = "") {
  const places = placesOf(state.name, state.text);
  const end = places.again + places.length;
  if (state.read < end) await hasRead(end, signal);
  const said = [answerInWords(places), note].join(" ").trim();
  lookAt(copiedLetter(places), { said });
  return said;
}

/** The network writes on in the scene, and then looks at the name again. */
async function continueScene(said, seed, signal) {
  const canContinue = await write({ seed, enough: SCENE }, signal);
  if (!canContinue) return;
  update({ said: `${said} Press Write for more.` });
  if (state.look !== "last") return; // you look at something else
  const places = placesOf(state.name, state.text);
  lookAt(copiedLetter(places));
  show(places.first, places.again + places.length);
}
