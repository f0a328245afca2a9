// Adds what a page can do without: Copy buttons, and open disclosures on paper. Every page works when this never runs.
(function () {
  "use strict";

  const SAID_FOR_MS = 1000; // how long the status line keeps a message
  const COPIED_FOR_MS = 2000; // how long a button says that it copied
  const status = document.getElementById("page-status");

  function say(message) {
    if (!status) return;
    status.textContent = message;
    setTimeout(function () {
      status.textContent = "";
    }, SAID_FOR_MS);
  }

  // Copying where the clipboard is not offered: pages that are not served over HTTPS.
  function copyBySelection(text) {
    const field = document.createElement("textarea");
    field.value = text;
    field.setAttribute("readonly", "");
    field.className = "visually-hidden";
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
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button copy";
    button.textContent = "Copy";
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

  document.querySelectorAll(".code").forEach(function (block) {
    const code = block.querySelector("pre");
    if (!code) return;
    block.append(
      copyButton(function () {
        return code.textContent;
      }),
    );
  });

  document.querySelectorAll("textarea[data-copy]").forEach(function (field) {
    const actions = field.parentElement.querySelector(".actions");
    if (!actions) return;
    actions.prepend(
      copyButton(function () {
        return field.value;
      }),
    );
  });

  // Browsers that cannot open disclosures by style when printing.
  if (!CSS.supports("selector(details::details-content)")) {
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
})();
