// A network from the reader's files, and to them.

const ABOUT_OPENED = "This network, an LSTM, comes from the files you opened.";

const files = {
  status: byId("network-status"),
  choose: byId("open-network"),
  chooser: byId("open"), // the hidden field of `choose`
  save: byId("save"),
  own: byId("own"),
};

async function openFiles(chosen) {
  const before = numberOfShown;
  try {
    const network = await openNetwork(chosen);
    if (numberOfShown !== before) return; // another one was shown while these files were read
    showNetwork(network, ABOUT_OPENED);
    const aboutWriting = `Temperature and min-p are now those chosen for it.${aboutTopK(network)}`;
    files.status.textContent = `Opened. The whole page now uses this network. ${aboutWriting}`;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    files.status.textContent = error.message;
  }
}

/** A sentence about a setting that the network has and the page lacks, or nothing. */
function aboutTopK(network) {
  const topK = network.config.facts?.sampling?.top_k;
  return topK ? ` The page leaves out its top_k of ${topK}.` : "";
}

function saveNetwork() {
  const contents = networkFiles(config, tensors);
  for (const [name, bytes] of Object.entries(contents)) download(name, bytes);
  const names = Object.keys(contents).join(" and ");
  files.status.textContent = `Saving ${names}. If the browser asks, allow both downloads.`;
}

function download(name, bytes) {
  const href = URL.createObjectURL(new Blob([bytes]));
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser has saved it by then
}

function backToOwn() {
  if (!isEnabled(files.own)) return;
  showNetwork(own, aboutOwn);
  files.status.textContent = "The page uses its first network again, with its temperature and min-p.";
}

files.choose.addEventListener("click", () => files.chooser.click());
files.chooser.addEventListener("change", async () => {
  await openFiles([...files.chooser.files]);
  files.chooser.value = ""; // so that the same files can be chosen again
});
files.save.addEventListener("click", saveNetwork);
files.own.addEventListener("click", backToOwn);

const hasFiles = ({ dataTransfer }) => dataTransfer.types.includes("Files");
const isOfNetwork = ({ name }) => /\.(json|safetensors)$/i.test(name);

document.addEventListener("dragover", (event) => {
  if (hasFiles(event)) event.preventDefault(); // they may be dropped anywhere
});

/** Opens the network that was dropped, or takes the text to learn, and shows what it says. */
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault(); // else the browser leaves the page and shows the file
  const dropped = [...event.dataTransfer.files];
  if (dropped.some(isOfNetwork)) {
    openFiles(dropped);
    files.status.scrollIntoView({ block: "nearest" });
  } else if (dropped.length > 0) {
    openText(dropped[0]);
    lesson.status.scrollIntoView({ block: "nearest" });
  }
});
