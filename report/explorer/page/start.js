// Gives the worker the page's own network and shows what the address asks for.

installNetwork();
byId("which").textContent = `${aboutOwn} ${sizeInWords()}`;
setEnabled(files.own, false);
restore();
