// The address keeps the text and the settings, so that a view can be shared.

const LONGEST_KEPT = 10_000; // characters of a text in the address
let saving; // a timer

function saveLater() {
  clearTimeout(saving);
  saving = setTimeout(save, 300);
}

function save() {
  const address = new URLSearchParams();
  for (const [name, field] of Object.entries(numberFields)) address.set(name, field.value);
  address.set("colour", page.colour.value);
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
  tell("stop");
  writing = null;
  for (const [name, field] of Object.entries(numberFields)) {
    field.value = address.get(name) ?? initial[name];
    if (!field.checkValidity()) field.value = initial[name];
  }
  page.colour.value = initial.colour;
  // A colour that doesn't exist changes nothing.
  if (address.has("colour")) page.colour.value = address.get("colour");
  const text = address.get("text") ?? initial.text;
  const oldText = page.text.value; // empty at the start
  page.text.value = text.slice(0, page.text.maxLength);
  if (oldText && oldText !== page.text.value) rememberText(oldText);
  textChanged();
  forgetHistory();
  page.sheet.scrollTop = 0;
  const position = parseInt(address.get("at") ?? initial.at, 10);
  lookAt(position || 0); // what is no number becomes 0; beyond the text, it is the last character
  settingsChanged();
}
