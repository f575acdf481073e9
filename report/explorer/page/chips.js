// Things to try: another text, which the network continues, or another temperature.

for (const chip of document.querySelectorAll("[data-prompt]")) {
  chip.addEventListener("click", () => {
    tryText(`${chip.dataset.prompt}\n`);
    startWriting();
  });
}

for (const chip of document.querySelectorAll("[data-temperature]")) {
  chip.addEventListener("click", () => {
    numberFields.temperature.value = chip.dataset.temperature;
    settingsChanged();
    if (writing === null || isByLetter()) pressWrite();
  });
}

function tryText(text) {
  abandonWriting();
  readAtOnce();
  rememberText(page.text.value);
  page.text.value = text;
  page.colour.value = "surprise";
  textChanged();
  forgetHistory();
  settingsChanged();
}

/** A name that the network may never have seen: the second time, it copies it. */
function writeNameTwice() {
  const name = byId("name").value.trim() || "Ada Lovelace";
  const heading = `${name.toUpperCase()}:`;
  const between = config.initial.text.split("\n").slice(1, 5); // two speeches of the example
  tryText([heading, ...between, "", heading, ""].join("\n"));
  page.sheet.scrollTop = page.sheet.scrollHeight;
  lookAt(reading.characters.length - 2 - Math.ceil(Array.from(heading).length / 2));
}
byId("name-twice").addEventListener("click", writeNameTwice);
byId("name").addEventListener("keydown", ({ key }) => {
  if (key === "Enter") writeNameTwice();
});
