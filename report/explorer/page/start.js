// The page: its panels are drawn in this order, and then its example or what the address asks for.

import "./sheet.js";
import "./explanation.js";
import "./next.js";
import "./memory.js";
import "./name.js";
import "./breaking.js";
import "./settings.js";
import "./texts.js";
import "./writing.js";
import "./try.js";
import "./network.js";
import "./files.js";
import "./birth.js";
import "./learning.js";
import "./report.js";
import { networkFiles } from "../files/save.js";
import { restore } from "./address.js";
import { isWanted, open } from "./opening.js";
import { state } from "./state.js";
import { drawAll, update, worker } from "./update.js";

window.explorer = { state, update, worker, networkFiles }; // for tests, and for who opens the console

drawAll();
if (isWanted()) {
  restore({ readTo: 0 });
  open();
} else {
  restore();
}
