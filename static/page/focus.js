// Where the focus stays when a part of the page is made anew.
(function (kb) {
  "use strict";

  // The focus on the same button after what held it was made anew, or on the first thing that can have it.
  kb.keepFocus = function (home, button) {
    if (!button) return;
    const same = Array.from(home.querySelectorAll("button")).find(function (item) {
      return item.name === button.name && item.value === button.value && item.textContent === button.textContent;
    });
    const kept = same || home.querySelector("button, a, summary");
    if (kept) kept.focus({ preventScroll: true });
  };
})((globalThis.kb = globalThis.kb || {}));
