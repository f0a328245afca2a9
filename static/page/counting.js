// How much of a field's limit is used, once that matters.
(function (kb) {
  "use strict";

  const COUNT_FROM = 0.8; // of a field's limit

  // What `field`, which has data-limit, holds now is counted below it.
  kb.countCharacters = function (field) {
    const limit = Number(field.dataset.limit);
    const id = field.id + "-count";
    let hint = document.getElementById(id);
    if (field.value.length < COUNT_FROM * limit) {
      if (hint) hint.textContent = "";
      return;
    }
    if (!hint) {
      hint = kb.make("p", { id: id, className: "hint" });
      field.after(hint);
    }
    hint.textContent = field.value.length.toLocaleString("en") + " of " + limit.toLocaleString("en") + " characters used";
  };
})((globalThis.kb = globalThis.kb || {}));
