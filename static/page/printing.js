// Printing shows what is folded, and where and when it was printed.
(function (kb) {
  "use strict";

  // The whole address of the page, and the day, for its print.
  function datePrint() {
    const language = document.documentElement.lang;
    const day = new Date().toLocaleDateString(language === "en" ? "en-GB" : language, { dateStyle: "long" });
    document.querySelectorAll(".printed").forEach(function (line) {
      line.dataset.address = line.dataset.address || new URL(line.textContent.trim(), location.href).href;
      line.textContent = line.dataset.address + ", " + day;
    });
  }

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

  addEventListener("beforeprint", datePrint);
  if (!CSS.supports("selector(details::details-content)")) openForPrint();
})((globalThis.kb = globalThis.kb || {}));
