// What is spoken, and how elements are made.
(function (kb) {
  "use strict";

  const SAID_FOR_MS = 1000; // how long the status line keeps a message
  const status = document.getElementById("page-status");
  let saidTimer = 0;

  function say(message) {
    if (!status || !message) return;
    clearTimeout(saidTimer);
    status.textContent = message;
    saidTimer = setTimeout(function () {
      status.textContent = "";
    }, SAID_FOR_MS);
  }

  function make(name, properties, children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...(children || []));
    return element;
  }

  function plural(count, one, many) {
    return count + " " + (count === 1 ? one : many);
  }

  kb.say = say;
  kb.make = make;
  kb.plural = plural;
})((globalThis.kb = globalThis.kb || {}));
