// The address keeps the text and the settings, so that a view can be shared.

const LONGEST_KEPT = 10_000; // characters of a text in the address
let saving; // a timer

function saveLater() {
  clearTimeout(saving);
  saving = setTimeout(save, 300);
}

function save() {
  const state = new URLSearchParams();
  for (const [name, field] of Object.entries(fields)) state.set(name, field.value);
  if (page.text.value.length <= LONGEST_KEPT) {
    state.set("text", page.text.value);
    state.set("at", view.pinned);
  }
  history.replaceState(null, "", `#${state}`);
}

/** Takes text and settings from the address, and what it lacks or has wrong from the example. */
function restore() {
  const { start } = config;
  const state = new URLSearchParams(location.hash.slice(1));
  tell("stop");
  writing = null;
  for (const [name, field] of Object.entries(fields)) field.value = start[name];
  for (const [name, field] of Object.entries(fields)) {
    if (state.has(name)) field.value = state.get(name);
    const valid = page.settings.checkValidity() && page.unit.checkValidity();
    if (!valid) field.value = start[name];
  }
  const text = state.get("text") ?? start.text;
  page.text.value = text.slice(0, page.text.maxLength);
  textChanged();
  const position = parseInt(state.get("at") ?? start.at, 10);
  lookAt(position || 0); // what is no number becomes 0
  settingsChanged();
}
