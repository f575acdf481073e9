// Gives the worker the page's own network, and shows what the address asks for or the example.

installNetwork();
describeNetwork(own, aboutOwn);
readAlong();
restore();
