// Gives the worker the page's own network and shows what the address asks for.

installNetwork();
describeNetwork(own, aboutOwn);
restore();
