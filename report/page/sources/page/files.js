// A network from the reader's files, and to them.

import { openNetwork } from "../files/open.js";
import { networkFiles } from "../files/save.js";
import { InputError } from "../shared/input.js";
import { byId, make, onPress } from "./elements.js";
import { showNetwork, showOwn } from "./network.js";
import { state } from "./state.js";
import { draws } from "./update.js";

const BETWEEN_DOWNLOADS = 300; // milliseconds: WebKit lets a second one at once cancel the first

const status = byId("network-status");
let about = null; // which network it is about
let saved = null; // the network that was saved last

function report(words) {
  about = state.network;
  status.textContent = words;
}
draws("network", ({ network }) => {
  if (network !== about) status.textContent = "";
});

/** Opens the network in some files; `folder` is the name of the one that was chosen, or "". */
async function openFiles(files, folder = "") {
  const { network: before } = state;
  try {
    const network = await openNetwork(files);
    if (state.network !== before) return; // another one was shown while these files were read
    const from = folder ? `your folder “${folder}”` : "the files you opened";
    showNetwork(network, `This network, an LSTM, comes from ${from}.`);
    report(`Opened. The whole page now uses this network. ${aboutSettings(network)}`);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    report(error.message);
  }
}

/** Whether temperature and min-p are those that were chosen for the network. */
function aboutSettings({ config }) {
  const chosen = config.facts?.sampling ?? {};
  const { temperature, min_p } = state;
  const areChosen = chosen.temperature === temperature && chosen.min_p === min_p;
  if (areChosen) return "Temperature and min-p are now those chosen for it.";
  return `Temperature is now ${temperature}, and min-p ${min_p}.`;
}

function saveNetwork() {
  const { config, tensors } = state.network;
  const contents = networkFiles(config, tensors);
  Object.entries(contents).forEach(([name, bytes], k) => {
    setTimeout(() => download(name, bytes), k * BETWEEN_DOWNLOADS);
  });
  saved = state.network;
  const names = Object.keys(contents).join(" and ");
  report(`Saving ${names}. If the browser asks, allow both downloads.`);
}

export const wasSaved = (network) => network === saved;

function download(name, bytes) {
  const href = URL.createObjectURL(new Blob([bytes]));
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser has saved it by then
}

/** A button opens what is chosen in its hidden field; of a folder, the files in folders below are left out. */
for (const kind of ["folder", "files"]) {
  const field = byId(`${kind}-field`);
  onPress(byId(`open-${kind}`), () => field.click());
  field.addEventListener("change", async () => {
    const files = [...field.files];
    const pathOf = (file) => file.webkitRelativePath.split("/"); // [folder, ..., name], or [""]
    const [folder] = files.length ? pathOf(files[0]) : [""];
    await openFiles(files.filter((file) => pathOf(file).length <= 2), folder);
    field.value = ""; // so that the same can be chosen again
  });
}
onPress(byId("save"), saveNetwork);
onPress(byId("own"), () => {
  showOwn();
  scrollTo({ top: 0 });
  report("The page uses its first network again, with its temperature and min-p.");
});

const hasFiles = ({ dataTransfer }) => dataTransfer.types.includes("Files");
export const isOfNetwork = ({ name }) => /\.(json|safetensors)$/i.test(name);

document.addEventListener("dragover", (event) => {
  if (hasFiles(event)) event.preventDefault(); // they may be dropped anywhere
});

/** Opens the network that was dropped, and shows what it says. */
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault(); // else the browser leaves the page and shows the file
  const files = [...event.dataTransfer.files];
  if (!files.some(isOfNetwork)) return;
  openFiles(files);
  status.scrollIntoView({ block: "nearest" });
});
