// Copy buttons, which only work with a script.
(function (kb) {
  "use strict";

  const COPIED_FOR_MS = 2000; // how long a button says that it copied
  const make = kb.make;
  const say = kb.say;

  // Where the clipboard is not offered: pages that are not served over HTTPS.
  function copyBySelection(text) {
    const field = make("textarea", { value: text, readOnly: true, className: "visually-hidden" });
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("copying was refused"));
  }

  function copy(text) {
    if (!navigator.clipboard) return copyBySelection(text);
    return navigator.clipboard.writeText(text).catch(function () {
      return copyBySelection(text);
    });
  }

  function copyButton(read) {
    const button = make("button", { type: "button", className: "button copy", textContent: "Copy" });
    button.addEventListener("click", function () {
      copy(read()).then(
        function () {
          button.focus();
          button.textContent = "Copied";
          say("Copied.");
          setTimeout(function () {
            button.textContent = "Copy";
          }, COPIED_FOR_MS);
        },
        function () {
          say("Not copied. Select the text and copy it by hand.");
        },
      );
    });
    return button;
  }

  // Gives what stands in `root` the buttons that only work with this script.
  function equip(root) {
    root.querySelectorAll(".code").forEach(function (block) {
      const code = block.querySelector("pre");
      if (!code || block.querySelector(".copy")) return;
      block.append(
        copyButton(function () {
          return code.textContent;
        }),
      );
    });
    root.querySelectorAll("textarea[data-copy]").forEach(function (field) {
      const actions = field.parentElement.querySelector(".actions");
      if (!actions || actions.querySelector(".copy")) return;
      actions.prepend(
        copyButton(function () {
          return field.value;
        }),
      );
    });
  }

  kb.equip = equip;
  kb.copyButton = copyButton;
})((globalThis.kb = globalThis.kb || {}));
