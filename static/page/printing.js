// Printing shows what is folded.
(function (kb) {
  "use strict";

  // Browsers that cannot open disclosures by style when printing.
  function openForPrint() {
    let opened = [];
    addEventListener("beforeprint", function () {
      opened = Array.from(document.querySelectorAll("details:not([open])"));
      opened.forEach(function (item) {
        item.open = true;
      });
    });
    addEventListener("afterprint", function () {
      opened.forEach(function (item) {
        item.open = false;
      });
    });
  }

  if (!CSS.supports("selector(details::details-content)")) openForPrint();
})((globalThis.kb = globalThis.kb || {}));
