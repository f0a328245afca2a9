// What is typed and pasted into the box beside plain text: long pastes go to the log field, Ctrl+Enter asks from there.
(function (kb) {
  "use strict";

  kb.LONGEST_QUESTION = 500; // characters; longer pastes belong into the log field

  kb.boxKeys = function (box, field, logField) {
    field.addEventListener("paste", function (event) {
      const text = event.clipboardData.getData("text").trim();
      if (!/[\r\n]/.test(text) && text.length <= kb.LONGEST_QUESTION) return;
      event.preventDefault();
      logField.value += (logField.value ? "\n" : "") + text;
      logField.closest("details").open = true;
      kb.say("What you pasted is in the log field.");
    });
    logField.addEventListener("keydown", function (event) {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      box.requestSubmit(box.querySelector("button[type=submit]"));
    });
  };
})((globalThis.kb = globalThis.kb || {}));
