// The address keeps the text and the settings, so that a view can be shared.

const LONGEST_KEPT = 10_000; // characters of a text in the address
let saving; // a timer

function saveLater() {
  clearTimeout(saving);
  saving = setTimeout(save, 300);
}

function save() {
  clearTimeout(saving);
  const address = new URLSearchParams();
  for (const [name, field] of Object.entries(numberFields)) address.set(name, field.value);
  address.set("cell", view.cell);
  address.set("colour", page.colour.value);
  if (FOLLOWED.includes(page.sort.value)) address.set("order", page.sort.value);
  if (page.off.value) address.set("off", page.off.value);
  if (page.text.value.length <= LONGEST_KEPT) {
    address.set("text", page.text.value);
    address.set("at", view.pinned);
  }
  try {
    history.replaceState(null, "", `#${address}`);
  } catch {
    // A page within another one may not have an address of its own.
  }
}

/** Takes text and settings from the address, and what it lacks or has wrong from the example. */
function restore() {
  const { initial } = config;
  const address = new URLSearchParams(location.hash.slice(1));
  abandonWriting();
  for (const [name, field] of Object.entries(numberFields)) {
    const value = address.get(name) ?? "";
    field.value = isAllowed(field, value) ? value : initial[name];
  }
  chooseOff(address.get("off"));
  // A value that doesn't exist changes nothing.
  page.colour.value = initial.colour;
  page.colour.value = address.get("colour") ?? initial.colour;
  page.sort.value = address.get("order") ?? BY_LAYER;
  if (!page.sort.value) page.sort.value = BY_LAYER;
  const cell = Number(address.get("cell") ?? NaN);
  const exists = Number.isInteger(cell) && cell >= 0 && cell < numberOfCells();
  const text = address.get("text") ?? initial.text;
  const oldText = page.text.value; // empty at the start
  page.text.value = text.slice(0, page.text.maxLength);
  if (oldText && oldText !== page.text.value) rememberText(oldText);
  textChanged();
  forgetHistory();
  page.sheet.scrollTop = 0;
  const position = parseInt(address.get("at") ?? initial.at, 10);
  lookAt(position || 0); // what is no number becomes 0; beyond the text, it is the end
  showCell(exists ? cell : initial.cell);
  orderChanged();
  settingsChanged();
}

/** Copies the address, or says where it is. */
async function share() {
  save();
  const isLong = page.text.value.length > LONGEST_KEPT;
  let said = isLong ? "Copied, without the text, which is too long for it." : "Copied.";
  if (config !== own.config) said += " It opens the page's own network: to share this one, save it below.";
  try {
    await navigator.clipboard.writeText(location.href);
  } catch {
    said = "The browser doesn't allow it: copy the address from its address bar.";
  }
  page.shared.textContent = said;
}
page.share.addEventListener("click", share);
