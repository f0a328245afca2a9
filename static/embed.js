// The frame's side of the help widget: tells the page around it what happens, and fills in what that page hands over.
// docs/widget.md describes the messages. Outside a frame of the widget it does nothing.
(function () {
  "use strict";

  const [mark, host] = window.name.split(" "); // as static/widget.js names its frame
  if (window.parent === window || mark !== "help-widget" || !/^https?:\/\/[^/]+$/.test(host)) return;
  const root = document.documentElement;
  const home = new URL(root.dataset.home || "embed.html", location.href); // of the widget

  function tell(name) {
    window.parent.postMessage({ type: "help:" + name }, host);
  }

  // Puts a question and a log into the box, for the reader to look at and to send.
  function fill(wanted) {
    const field = document.getElementById("box-question");
    const log = document.getElementById("box-log");
    const limit = document.getElementById("box-section");
    const section = wanted.section || "";
    const isHome = location.pathname === home.pathname;
    const isLimited = !section || (limit && limit.value === section) || (isHome && location.search === searchOf(section));
    if (!isLimited || !(field || isHome)) return location.assign(home.pathname + searchOf(section));
    if (field) field.value = wanted.question || "";
    if (log) {
      log.value = wanted.log || "";
      log.closest("details").open = Boolean(log.value);
    }
    if (limit) limit.checked = limit.value === section;
    return tell("filled"); // also where there is nothing to fill: the next page would not help
  }

  function searchOf(section) {
    return section ? "?section=" + encodeURIComponent(section) : "";
  }

  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || event.origin !== host) return;
    const type = event.data && event.data.type;
    if (type === "help:hello") tell("ready");
    else if (type === "help:ask") fill(event.data);
  });
  // what the page itself has a use for, closing suggestions say, it marks as done
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    if (!document.querySelector("dialog[open]")) tell("close");
  });
  document.addEventListener("submit", function (event) {
    const button = event.submitter;
    if (button && button.name === "verdict" && button.value === "yes") tell("solved");
  });
  document.addEventListener("click", function (event) {
    const link = event.target.closest("a[href]");
    if (link && /\/report(\.html)?$/.test(link.pathname)) tell("report");
  });
  root.classList.add("embedded");
  tell("ready");
})();
