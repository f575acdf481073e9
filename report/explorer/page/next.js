// The likeliest next characters: buttons that append one.

const choices = [];
for (let k = 0; k < 7; k++) {
  const button = make("button", { type: "button" });
  const choice = { button, character: "" };
  button.addEventListener("click", () => {
    if (choice.character) append(choice.character);
  });
  choices.push(choice);
  page.next.append(button);
}

/** `next` is [{character, p}], the likeliest first; a button without a character does nothing. */
function showNext(next) {
  choices.forEach((choice, k) => {
    const { character, p } = next[k] ?? { character: "", p: 0 };
    const possible = p > 0;
    const words = possible ? percent(p) : "";
    choice.character = possible ? character : "";
    choice.button.ariaDisabled = !possible;
    choice.button.ariaLabel = possible ? `${nameOf(character)}, ${words}` : "no more";
    choice.button.replaceChildren(makeBar(signOf(choice.character), p, words));
  });
}

function append(character) {
  const end = page.text.value.length;
  if (end >= page.text.maxLength) return;
  rememberText(page.text.value);
  page.text.setRangeText(character, end, end, "end");
  textChanged();
  forgetHistory();
  page.sheet.scrollTop = page.sheet.scrollHeight;
  lookAt(reading.characters.length);
}
