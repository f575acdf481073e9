// A network learns the reader's text while the reader watches.

import { readText } from "../files/open.js";
import { InputError } from "../shared/input.js";
import { grouped, inCharacters, twoDecimals } from "../shared/numbers.js";
import { checkText, readable } from "../shared/texts.js";
import { drawCurves } from "./curves.js";
import { byId, keepAtEnd, make, onPress, onSubmit, say, setEnabled } from "./elements.js";
import { showNetwork } from "./network.js";
import { state } from "./state.js";
import { showText } from "./texts.js";
import { draws, update } from "./update.js";

const ABOUT_LEARNED = "This network, an LSTM, learned in this page.";
const MUCH = 0.3; // bits
const SEEN = 0.01; // bits: so that two numbers with two decimals differ
const RECITED = 50; // characters: so many that occur in a text, letter for letter, are recited
const FEW = 1_000; // held-out characters, which tell little
const SHOWN = 300; // letters of its text, when a network is used
const BITS = 1 / Math.LN2; // in a nat, in which the worker reports losses

const cellsField = byId("learning").elements.hidden_size;
const textField = byId("learning-text");
const fileField = byId("text-file"); // the hidden field of a button
const results = byId("results"); // curves and samples
const firstSample = byId("first-sample"); // what it wrote before it learned
const samples = byId("samples"); // a list, which grows at its end

// The worker

let learner = null; // from the first start on

function makeLearner() {
  const made = new Worker(URL.createObjectURL(new Blob([byId("learner").textContent])));
  made.onmessage = ({ data }) => takeReport(data);
  made.onerror = () => {
    made.terminate();
    learner = null;
    const learningSaid = "Learning stopped because of an error: start a new network.";
    update({ lesson: null, isLearning: false, learningSaid });
  };
  return made;
}

/** What the worker reports: see `report` in learning/worker.js. */
function takeReport({ progress, lossOfCounts, look, network }) {
  const learningProgress = { ...progress, loss: BITS * progress.loss };
  const patch = { learningProgress };
  if (lossOfCounts !== undefined) Object.assign(patch, { lossOfCounts: BITS * lossOfCounts, looks: [] });
  if (look) {
    const heldOut = look.heldOut === null ? null : BITS * look.heldOut;
    patch.looks = [...state.looks, { ...learningProgress, sample: look.sample, heldOut }];
  }
  update(patch);
  if (network) useLearned(network);
}

// What you do

/** Throws InputError for a text that can't be learned. */
function startNetwork() {
  const { textToLearn, cellsToLearn } = state;
  const text = readable(textToLearn);
  checkText(text);
  learner ??= makeLearner();
  learner.postMessage({ lesson: { text, settings: { hidden_size: cellsToLearn } }, isLearning: true });
  update({
    lesson: { text: textToLearn, cells: cellsToLearn },
    isLearning: true,
    learningProgress: null,
    lossOfCounts: null,
    looks: [],
    learningSaid: "",
  });
}

function setLearning(isLearning) {
  learner.postMessage({ isLearning });
  update({ isLearning, learningSaid: "" });
}

/** Whether only a new network can learn what was chosen. */
function needsNewNetwork({ lesson, textToLearn, cellsToLearn }) {
  return textToLearn !== lesson.text || cellsToLearn !== lesson.cells;
}

onSubmit(byId("learning"), () => {
  if (state.isLearning) setLearning(false);
  else if (state.lesson && !needsNewNetwork(state)) setLearning(true);
  else sayIfRefused(startNetwork);
});
onPress(byId("use"), () => {
  setLearning(false);
  learner.postMessage({ wantsNetwork: true });
});
cellsField.addEventListener("input", () => {
  update({ cellsToLearn: cellsField.valueAsNumber, learningSaid: "" });
});
textField.addEventListener("input", () => {
  update({ textToLearn: textField.value, nameToLearn: "The text you edited", learningSaid: "" });
});
textField.addEventListener("change", () => sayIfRefused(() => checkText(textField.value)));

/** Says what an InputError says. */
async function sayIfRefused(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    update({ learningSaid: error.message });
    byId("learning-status").scrollIntoView({ block: "nearest" });
  }
}

/** Takes the text to learn from a file. */
export function openText(file) {
  return sayIfRefused(async () => {
    const text = await readText(file);
    if (state.isLearning) throw new InputError("Pause first, then choose another text.");
    const nameToLearn = `“${file.name}”`;
    update({ textToLearn: readable(text), nameToLearn, learningSaid: `${nameToLearn} is loaded.` });
  });
}

onPress(byId("choose-text"), () => fileField.click());
fileField.addEventListener("change", async () => {
  await openText(fileField.files[0]);
  fileField.value = ""; // so that the same file can be chosen again
});

/** The upper half of the page uses the network as it is now, and begins with its text. */
function useLearned(network) {
  showNetwork(network, ABOUT_LEARNED);
  const said = "This is your network, and how its text begins. Press Write. It has learned no copying.";
  showText(beginning(state.lesson.text), { position: Infinity, said });
  byId("headline").scrollIntoView();
}

/** The first lines of a text, or what fits on some. */
function beginning(text) {
  const first = text.slice(0, SHOWN);
  const end = first.lastIndexOf("\n") + 1;
  return end > 0 ? first.slice(0, end) : first;
}

/** The browser asks before it leaves a network that was learned and not saved. */
addEventListener("beforeunload", (event) => {
  const { network, saved } = state;
  if (network.about === ABOUT_LEARNED && network !== saved) event.preventDefault();
});

// What it shows

draws("textToLearn nameToLearn cellsToLearn", ({ textToLearn, nameToLearn, cellsToLearn }) => {
  if (textField.value !== textToLearn) textField.value = textToLearn;
  byId("about-text").textContent = `${nameToLearn}: ${inCharacters(textToLearn.length)}`;
  cellsField.value = cellsToLearn;
  cellsField.parentElement.querySelector("output").textContent = cellsToLearn;
});

/** What can be done. While it learns, nothing can be changed. */
draws("lesson isLearning textToLearn cellsToLearn", (now) => {
  const { lesson, isLearning } = now;
  textField.readOnly = isLearning;
  cellsField.disabled = isLearning;
  setEnabled(byId("choose-text"), !isLearning);
  setEnabled(byId("use"), lesson !== null);
  byId("go").textContent = "Start";
  if (isLearning) byId("go").textContent = "Pause";
  else if (lesson) byId("go").textContent = needsNewNetwork(now) ? "Start a new network" : "Resume";
});

draws("lesson isLearning textToLearn cellsToLearn lossOfCounts looks learningSaid", (now) => {
  say(byId("learning-status"), now.learningSaid || statusOf(now));
});

function statusOf(now) {
  const { lesson, isLearning, lossOfCounts, looks } = now;
  if (!lesson) return "";
  if (needsNewNetwork(now)) {
    return "A different text or number of cells needs a new network, which starts from noise.";
  }
  if (lossOfCounts === null) {
    return "Preparing the comparison: counting what follows every three characters.";
  }
  const doing = isLearning ? "Learning." : "Paused.";
  return `${doing} ${verdict(looks, lossOfCounts, readable(lesson.text))}`.trim();
}

/** What the losses so far say. */
function verdict(looks, lossOfCounts, text) {
  const tested = looks.filter(({ heldOut }) => heldOut !== null);
  // Where only the held-out loss rises; a step that is too long raises both.
  const isByHeart = rise(tested.map(({ heldOut }) => heldOut)) > MUCH && rise(lossesOf(looks)) <= MUCH;
  if (isByHeart) {
    return "The held-out loss rises: it learns the text by heart. For new sentences, choose a longer text.";
  }
  if (recites(looks.at(-1)?.sample ?? "", text)) {
    return "It recites: half of what it writes, or more, is in its text letter for letter. For new sentences, choose a longer text.";
  }
  const isBelow = tested.at(-1)?.heldOut < lossOfCounts - SEEN;
  const heldOut = Math.ceil(text.length / 10);
  if (isBelow && heldOut < FEW) return `Below counting, but on ${inCharacters(heldOut)} only: choose a longer text to be sure.`;
  return isBelow ? "Below counting: the network is now worth its trouble." : "";
}

/** Whether half of the pieces of a sample, or more, occur in a text. */
function recites(sample, text) {
  const pieces = sample.match(new RegExp(`[^]{${RECITED}}`, "g")) ?? [];
  const recited = pieces.filter((piece) => text.includes(piece));
  return recited.length > 0 && recited.length >= pieces.length / 2;
}

/** The losses on the training text: there is none before the first step. */
const lossesOf = (looks) => looks.map(({ loss }) => loss).filter(Number.isFinite);

/** How far the last of some losses is above the lowest, in bits. */
const rise = (losses) => losses.at(-1) - Math.min(...losses);

draws("learningProgress lesson textToLearn cellsToLearn", (now) => {
  const { learningProgress, lesson } = now;
  byId("loss-of-training").textContent = "";
  byId("learning-progress").textContent = "";
  if (!learningProgress) return;
  const { characters, seconds, rate, loss } = learningProgress;
  if (Number.isFinite(loss)) byId("loss-of-training").textContent = twoDecimals(loss);
  if (lesson === null || needsNewNetwork(now)) return;
  byId("learning-progress").textContent =
    `${inCharacters(characters)} in ${grouped(seconds)} s, learning rate ${rate.toPrecision(2)}`;
});

draws("lossOfCounts", ({ lossOfCounts }) => {
  const appear = lossOfCounts !== null && results.hidden;
  results.hidden = lossOfCounts === null;
  if (results.hidden) return;
  byId("loss-of-counts").textContent = twoDecimals(lossOfCounts);
  if (appear) results.scrollIntoView({ block: "nearest" });
});

const drawLosses = () => drawCurves(byId("curves"), state);
draws("looks", ({ looks }) => {
  const last = looks.findLast(({ heldOut }) => heldOut !== null);
  byId("loss-of-held-out").textContent = last ? `${twoDecimals(last.heldOut)} after ${grouped(last.characters)}` : "";
});
draws("looks learningProgress lossOfCounts", drawLosses);
new ResizeObserver(drawLosses).observe(byId("curves").parentElement);

let shown = []; // looks whose samples are there

draws("looks", ({ looks }) => {
  if (looks[0] !== shown[0]) {
    firstSample.replaceChildren();
    samples.replaceChildren();
    shown = [];
  }
  looks.slice(shown.length).forEach(showSample);
  shown = looks;
});

function showSample({ characters, seconds, heldOut, sample }) {
  let about = `After ${grouped(seconds)} s, ${inCharacters(characters)}`;
  if (heldOut !== null) about += `, held-out loss ${twoDecimals(heldOut)}`;
  const isBlank = sample.trim() === "";
  const written = isBlank ? make("p", {}, "(only spaces and line breaks)") : make("samp", {}, sample);
  const lines = [make("p", {}, about), written];
  if (firstSample.childElementCount === 0) firstSample.append(...lines);
  else keepAtEnd(samples, () => samples.append(make("li", {}, ...lines)));
}
