// Fills the list of cells, gives the worker the network and shows what the address asks for.

for (const { cell, what, score } of config.cells) {
  const words = `${what}: ${score.toFixed(2)}, ${nameOfCell(cell)}`;
  page.found.append(new Option(words, cell));
}
page.cell.max = config.hidden_size * config.num_layers - 1;

const bytes = Uint8Array.from(atob(byId("weights").textContent), (byte) => byte.charCodeAt(0));
tell("network", { config, tensors: readTensors(bytes) });
restore();
