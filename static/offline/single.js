// In the single file: shows the page that the address names, as if it had been loaded.
(function () {
  "use strict";

  const pages = Array.from(document.querySelectorAll(".page"));

  function decoded(hash) {
    try {
      return decodeURIComponent(hash.slice(1));
    } catch {
      return ""; // typed by hand
    }
  }

  function show(isFirst) {
    const name = decoded(location.hash);
    const target = name ? document.getElementById(name) : null;
    const page = target ? target.closest(".page") : pages[0]; // no place at all is a question, or the first page
    if (!page) return; // a place that every page has, such as the main content
    pages.forEach(function (other) {
      other.hidden = other !== page;
    });
    document.title = page.dataset.title;
    if (target && !target.matches(".page-part")) target.scrollIntoView();
    else scrollTo(0, 0);
    if (isFirst || page.contains(document.activeElement)) return;
    document.getElementById("main-content").focus({ preventScroll: true });
  }

  addEventListener("hashchange", function () {
    show(false);
  });
  pages.forEach(function (page) {
    page.hidden = page !== pages[0];
  });
  show(true);
})();
