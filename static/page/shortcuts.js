// Keyboard shortcuts, their list, and the switch that turns them off.
(function (kb) {
  "use strict";

  const SHORTCUTS_KEY = "kb-shortcuts";
  const field = document.getElementById("box-question");
  const toggle = kb.make("input", { type: "checkbox", id: "shortcuts-on" });
  const close = kb.make("button", { type: "button", className: "button", textContent: "Close" });
  const dialog = kb.make("dialog", { className: "shortcuts" }, [
    kb.make("h2", { id: "shortcuts-title", textContent: "Keyboard shortcuts", tabIndex: -1 }),
    kb.make("dl", {}, [].concat(...[
      ["/ or Ctrl+K", "Go to the box"],
      ["?", "Show this list"],
      ["Esc", "Close suggestions; a second press clears the box"],
      ["Ctrl+Enter", "Ask, from the log field"],
    ].map(function (pair) {
      return kb.make("div", {}, [kb.make("dt", {}, [kb.make("kbd", { textContent: pair[0] })]), kb.make("dd", { textContent: pair[1] })]);
    }))),
    kb.make("p", { className: "check" }, [toggle, kb.make("label", { htmlFor: toggle.id, textContent: "Use / and Ctrl+K and ? as shortcuts" })]),
    close,
  ]);

  let kept = "on"; // where the browser keeps nothing, the choice holds for this page

  function isOn() {
    try {
      kept = localStorage.getItem(SHORTCUTS_KEY) || kept;
    } catch {}
    return kept !== "off";
  }

  function isTyping(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  }

  function open() {
    toggle.checked = isOn();
    dialog.showModal(); // closing it gives the focus back to the opener
    dialog.firstChild.focus();
  }

  function key(event) {
    if (!isOn() || event.altKey || event.isComposing || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const withControl = event.ctrlKey || event.metaKey;
    if (withControl ? event.key.toLowerCase() === "k" && !event.shiftKey : event.key === "/") {
      if (!field) return;
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === "?" && !withControl) {
      event.preventDefault();
      open();
    }
  }

  function start() {
    const footer = document.querySelector(".site-footer .container");
    const button = kb.make("button", { type: "button", className: "text-button", textContent: "Keyboard shortcuts" });
    dialog.setAttribute("aria-labelledby", "shortcuts-title");
    button.addEventListener("click", open);
    close.addEventListener("click", function () {
      dialog.close();
    });
    toggle.addEventListener("change", function () {
      kept = toggle.checked ? "on" : "off";
      try {
        localStorage.setItem(SHORTCUTS_KEY, kept);
      } catch {}
    });
    document.addEventListener("keydown", key);
    if (footer) footer.append(button);
    document.body.append(dialog);
  }

  start();
})((globalThis.kb = globalThis.kb || {}));
