// How it writes, and by what letters are coloured.

import { byId } from "./elements.js";
import { state } from "./state.js";
import { draws, update } from "./update.js";

const form = byId("settings");
export const numberFields = {
  temperature: form.elements.temperature,
  min_p: form.elements.min_p,
};

for (const [name, field] of Object.entries(numberFields)) {
  field.addEventListener("input", () => update({ [name]: field.valueAsNumber }));
}

draws("temperature min_p", () => {
  for (const [name, field] of Object.entries(numberFields)) {
    field.value = state[name];
    field.parentElement.querySelector("output").textContent = field.value;
  }
});

draws("speed", ({ speed }) => {
  byId("speed").value = speed;
});

for (const radio of form.elements.colour) {
  radio.addEventListener("input", () => update({ colour: radio.value }));
}

draws("colour", ({ colour }) => {
  byId("legend").hidden = colour !== "surprise";
  for (const radio of form.elements.colour) radio.checked = radio.value === colour;
});
