// Gives each page of the copy what belongs to it. A single file holds all pages, each in an element of its own.
(function (kb) {
  "use strict";

  const starts = { ask: kb.startAsking, entry: kb.startEntry, guide: kb.startGuide, report: kb.startReport };

  kb.equip(document);
  kb.recall();
  document.querySelectorAll("[data-page]").forEach(function (page) {
    if (starts[page.dataset.page]) starts[page.dataset.page](page);
    else if (page.querySelector("form.box") && !kb.isSingle) kb.startBox();
  });
  document.querySelectorAll("main[data-page=entry], main[data-page=guide]").forEach(function (page) {
    if (page.querySelector("form.box")) kb.startBox();
  });
})((globalThis.kb = globalThis.kb || {}));
