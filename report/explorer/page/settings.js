// How it writes, by what letters are coloured, and what is switched off.

import { byId } from "./elements.js";
import { state } from "./state.js";
import { draws, update } from "./update.js";

const form = byId("settings");
export const numberFields = {
  temperature: form.elements.temperature,
  min_p: form.elements.min_p,
  seed: form.elements.seed,
};

/** The next seed; after the last one, the first. */
export const seedAfter = (seed) => (seed + 1) % (Number(numberFields.seed.max) + 1);

for (const [name, field] of Object.entries(numberFields)) {
  field.addEventListener("input", () => {
    if (field.validity.valid) update({ [name]: field.valueAsNumber });
  });
  field.addEventListener("change", () => {
    if (!field.validity.valid) field.value = state[name]; // the last one that was allowed
  });
}

draws("temperature min_p seed", () => {
  for (const [name, field] of Object.entries(numberFields)) {
    if (field.valueAsNumber !== state[name]) field.value = state[name];
    const output = field.parentElement.querySelector("output");
    if (output) output.textContent = field.value;
  }
});

draws("speed", ({ speed }) => {
  byId("speed").value = speed;
});

for (const radio of form.elements.colour) {
  radio.addEventListener("input", () => update({ colour: radio.value }));
}
for (const radio of form.elements.off) {
  radio.addEventListener("input", () => {
    // What was said of a name is no longer what the page shows.
    update({ off: radio.value, colour: radio.value ? "broken" : "surprise", said: "" });
  });
}

draws("network", ({ network }) => {
  byId("off-copying").hidden = !network.config.copy_size;
});

draws("colour off", ({ colour, off }) => {
  byId("legend").hidden = colour !== "surprise";
  for (const radio of form.elements.colour) {
    radio.checked = radio.value === colour;
    if (radio.value === "broken") radio.disabled = off === "";
  }
  for (const radio of form.elements.off) radio.checked = radio.value === off;
});
