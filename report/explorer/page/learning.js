// A network learns the reader's text while the reader watches.

import { readText } from "../files/open.js";
import { InputError } from "../shared/input.js";
import { grouped, inCharacters, twoDecimals } from "../shared/numbers.js";
import { checkText, readable } from "../shared/texts.js";
import { Curves } from "./curves.js";
import { byId, keepAtEnd, make, onPress, onSubmit, setEnabled } from "./elements.js";
import { showNetwork } from "./network.js";
import { state } from "./state.js";
import { showText } from "./texts.js";

const ABOUT_LEARNED = "This network, an LSTM, learned in this page.";
const PREPARING = "Preparing the comparison: counting what follows every three characters.";
const LEARNS = "Learning. Pause it to change a setting.";
const BY_HEART =
  "The held-out loss rises: it learns the text by heart. For new sentences, stop earlier, or choose a longer text.";
const MUCH = 0.3; // bits
const SHOWN = 300; // letters of its text, when a network is used
const BITS = 1 / Math.LN2; // in a nat, in which the worker reports losses

const lesson = {
  form: byId("learning"),
  go: byId("go"), // starts, pauses and resumes
  use: byId("use"),
  status: byId("learning-status"),
  progress: byId("learning-progress"),
  text: byId("learning-text"),
  about: byId("about-text"), // its name and length
  choose: byId("choose-text"),
  file: byId("text-file"), // the hidden field of `choose`
  results: byId("results"), // curves and samples
  training: byId("loss-of-training"), // numbers beside the names of the curves
  heldOut: byId("loss-of-held-out"),
  counts: byId("loss-of-counts"),
  first: byId("first-sample"), // what it wrote before it learned
  samples: byId("samples"),
};
const cellsField = lesson.form.elements.hidden_size;
const rateField = lesson.form.elements.learning_rate;
const curves = new Curves(byId("curves"));

let learnerWorker = null; // from the first start on
const lessonState = {
  phase: "none", // or "learning" or "paused": whether there is a network, and whether it learns
  cells: 0, // of this network
  text: "", // that it learns
};

function makeLearner() {
  const made = new Worker(URL.createObjectURL(new Blob([byId("learner").textContent])));
  made.onmessage = ({ data: [name, value] }) => learnerMessages[name](value);
  made.onerror = () => {
    made.terminate();
    if (made !== learnerWorker) return; // an error of an older one, which is replaced already
    learnerWorker = null;
    learnerMessages.failed("Learning stopped because of an error: start a new network.");
  };
  return made;
}

const tellLearner = (what, value) => learnerWorker.postMessage([what, value]);

// What you do

/** Throws InputError for a text that can't be learned. */
function startNetwork() {
  const text = readable(lesson.text.value);
  checkText(text);
  learnerWorker ??= makeLearner();
  lessonState.text = lesson.text.value;
  lessonState.cells = cellsField.valueAsNumber;
  const settings = { learning_rate: Number(rateField.value), hidden_size: lessonState.cells };
  tellLearner("start", { text, settings });
  lesson.status.textContent = PREPARING;
  lesson.progress.textContent = "";
  lesson.training.textContent = "";
  lesson.results.hidden = true; // until it has some
  setPhase("learning");
}

function resumeNetwork() {
  tellLearner("resume", { learning_rate: Number(rateField.value) });
  lesson.status.textContent = LEARNS;
  setPhase("learning");
}

function pauseNetwork() {
  tellLearner("pause");
  lesson.status.textContent = "Paused. You can change the learning rate, then resume.";
  setPhase("paused");
}

/** Whether only a new network can learn with what was chosen. */
function needsNewNetwork() {
  const isOtherText = lesson.text.value !== lessonState.text;
  const isOtherSize = cellsField.valueAsNumber !== lessonState.cells;
  return isOtherText || isOtherSize;
}

function setPhase(phase) {
  lessonState.phase = phase;
  showButtons();
}

/** Shows what can be done. While it learns, nothing can be changed. */
function showButtons() {
  const isLearning = lessonState.phase === "learning";
  const isPaused = lessonState.phase === "paused";
  lesson.text.readOnly = isLearning;
  for (const field of [cellsField, rateField]) field.disabled = isLearning;
  setEnabled(lesson.choose, !isLearning);
  setEnabled(lesson.use, lessonState.phase !== "none");
  lesson.go.textContent = "Start";
  if (isLearning) lesson.go.textContent = "Pause";
  if (isPaused) lesson.go.textContent = needsNewNetwork() ? "Start a new network" : "Resume";
}

/** Another text or number of cells was chosen, or the old one again. */
function choiceChanged() {
  showButtons();
  if (lessonState.phase === "none") lesson.status.textContent = ""; // it was about another text
  if (lessonState.phase !== "paused") return;
  const needed = "A different text or number of cells needs a new network, which starts from noise.";
  lesson.status.textContent = needsNewNetwork() ? needed : "Paused.";
}

onSubmit(lesson.form, () => {
  if (lessonState.phase === "learning") pauseNetwork();
  else if (lessonState.phase === "paused" && !needsNewNetwork()) resumeNetwork();
  else sayIfRefused(startNetwork);
});
onPress(lesson.use, () => {
  if (lessonState.phase === "learning") pauseNetwork();
  tellLearner("network");
});
cellsField.addEventListener("input", () => {
  showCells();
  choiceChanged();
});
lesson.text.addEventListener("input", () => {
  nameText("The text you edited");
  choiceChanged();
});
lesson.text.addEventListener("change", () => sayIfRefused(() => checkText(lesson.text.value)));

/** Says what an InputError says. */
async function sayIfRefused(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    lesson.status.textContent = error.message;
    lesson.status.scrollIntoView({ block: "nearest" });
  }
}

function showCells() {
  cellsField.parentElement.querySelector("output").textContent = cellsField.value;
}

/** Says which text is learned. */
function nameText(name) {
  lesson.about.textContent = `${name}: ${inCharacters(lesson.text.value.length)}`;
}

/** Takes a text from a file. */
export function openText(file) {
  return sayIfRefused(async () => takeText(await readText(file), `“${file.name}”`));
}

/** Shows the text to learn. Throws InputError while a network learns another. */
function takeText(text, name) {
  if (lessonState.phase === "learning") throw new InputError("Pause first, then choose another text.");
  lesson.text.value = text;
  nameText(name);
  choiceChanged();
  lesson.status.textContent = `${name} is loaded. Press “${lesson.go.textContent}”.`;
}

onPress(lesson.choose, () => lesson.file.click());
lesson.file.addEventListener("change", async () => {
  await openText(lesson.file.files[0]);
  lesson.file.value = ""; // so that the same file can be chosen again
});

/** What the worker reports, by the names of its messages. */
const learnerMessages = {
  /** A new network starts; `countsLoss` is the loss of the counting model. */
  started(countsLoss) {
    curves.start(BITS * countsLoss);
    lesson.counts.textContent = twoDecimals(curves.countsLoss);
    lesson.heldOut.textContent = "";
    lesson.first.replaceChildren();
    lesson.samples.replaceChildren();
    lesson.results.hidden = false;
    lesson.results.scrollIntoView({ block: "nearest" });
    if (lessonState.phase === "learning") lesson.status.textContent = LEARNS;
    else choiceChanged(); // paused meanwhile
  },

  progress({ characters, seconds, loss }) {
    lesson.training.textContent = twoDecimals(BITS * loss);
    lesson.progress.textContent = `${inCharacters(characters)} in ${grouped(seconds)} s`;
  },

  /** What it writes, and sometimes its held-out loss. */
  look({ characters, seconds, loss: ofTraining, sample, heldOut }) {
    let words = `After ${grouped(seconds)} s, ${inCharacters(characters)}`;
    curves.add("training", characters, BITS * ofTraining);
    if (heldOut !== null) {
      const loss = BITS * heldOut;
      curves.add("heldOut", characters, loss);
      lesson.heldOut.textContent = twoDecimals(loss);
      sayIfByHeart();
      words += `, held-out loss ${twoDecimals(loss)}`;
    }
    curves.draw();
    showSample(words, sample);
  },

  /** The network is lost. */
  failed(message) {
    lessonState.cells = 0;
    setPhase("none");
    lesson.status.textContent = message;
  },

  /** The network as it is now. */
  network(network) {
    showNetwork(network, ABOUT_LEARNED);
    const said = "This is your network, and how its text begins. Press Write. It has learned no copying.";
    showText(beginning(lessonState.text), { position: Infinity, said });
    byId("headline").scrollIntoView();
  },
};

/** How far the last loss of a curve is above its lowest, in bits. */
function rise(curve) {
  const losses = curve.map(({ y }) => y);
  return losses.at(-1) - Math.min(...losses);
}

/** Where only the held-out loss rises; a step that is too long raises both. */
function sayIfByHeart() {
  if (lessonState.phase !== "learning") return;
  const isByHeart = rise(curves.heldOut) > MUCH && rise(curves.training) <= MUCH;
  if (isByHeart) lesson.status.textContent = BY_HEART;
  else if (lesson.status.textContent === BY_HEART) lesson.status.textContent = LEARNS;
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

/** The first sample stays in sight; the others are a list, which grows at its end. */
function showSample(about, sample) {
  const isBlank = sample.trim() === "";
  const shown = isBlank ? make("p", {}, "(only spaces and line breaks)") : make("samp", {}, sample);
  const lines = [make("p", {}, about), shown];
  if (lesson.first.childElementCount === 0) lesson.first.append(...lines);
  else keepAtEnd(lesson.samples, () => lesson.samples.append(make("li", {}, ...lines)));
}

lesson.text.value = JSON.parse(byId("to-learn").textContent);
nameText(byId("to-learn").dataset.name);
showCells();
setPhase("none");
