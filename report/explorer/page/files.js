// A network from the reader's files, and to them.

const ABOUT_OPENED = "This network, an LSTM, is from the files that you opened.";

const files = {
  status: byId("network-status"),
  chooser: byId("open"),
  save: byId("save"),
  own: byId("own"),
};

async function openFiles(chosen) {
  try {
    showNetwork(await openNetwork(chosen), ABOUT_OPENED);
    files.status.textContent = "Opened: all parts of the page use this network now.";
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    files.status.textContent = error.message;
  }
}

function saveNetwork() {
  const contents = networkFiles(config, tensors);
  for (const [name, bytes] of Object.entries(contents)) download(name, bytes);
  const names = Object.keys(contents).join(" and ");
  files.status.textContent = `Saved as ${names}: allow this page two downloads if you are asked.`;
}

function download(name, bytes) {
  const href = URL.createObjectURL(new Blob([bytes]));
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser has saved it by then
}

function backToOwn() {
  if (!isEnabled(files.own)) return;
  showNetwork(own, aboutOwn);
  files.status.textContent = "All parts of the page use its own network again.";
}

files.chooser.addEventListener("change", async () => {
  await openFiles([...files.chooser.files]);
  files.chooser.value = ""; // so that the same files can be chosen again
});
files.save.addEventListener("click", saveNetwork);
files.own.addEventListener("click", backToOwn);

const hasFiles = ({ dataTransfer }) => dataTransfer.types.includes("Files");

document.addEventListener("dragover", (event) => {
  if (hasFiles(event)) event.preventDefault(); // they may be dropped anywhere
});

/** A text that is dropped where the page learns is learned; all else should be a network. */
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault(); // else the browser leaves the page and shows the file
  const dropped = [...event.dataTransfer.files];
  const isText = learn.section.contains(event.target);
  if (isText) openText(dropped[0]);
  else openFiles(dropped);
});
