// The help widget: a button on other people's pages that opens the knowledge base in a panel. docs/widget.md is its
// manual. It adds one element and the global HelpWidget, and asks the network for nothing before it is opened.
(function () {
  "use strict";

  const PANEL = ""; // address of the panel, seen from this file; kb/widget_script.py fills it in
  const ANSWER_WITHIN_MS = 8000; // of the moment the frame was made
  const ANSWER_AFTER_LOAD_MS = 1000;
  const CALLS = ["open", "close", "toggle", "destroy"];
  const script = document.currentScript;
  if (!script) return; // a module has no attributes to read

  const settings = script.dataset;
  const label = settings.label || "Help";
  const side = settings.position === "left" ? "left" : "right";
  const layer = parseInt(settings.z, 10) || 999;
  const pages = [
    settings.portal && page("embed", folder(settings.portal)),
    PANEL && page(PANEL, script.src),
    settings.copy && page("embed.html", folder(settings.copy)),
  ].filter(Boolean);

  // Outer rules with !important lose against those of :host, and nothing but inherited values gets past it.
  const css = `
:host{all:initial!important;display:block!important;position:fixed!important;top:0!important;
left:0!important;z-index:${layer}!important}
*{box-sizing:border-box}
[hidden]{display:none!important}
button,dialog{font:16px/1.5 system-ui,sans-serif}
button{cursor:pointer;min-height:44px;border-radius:8px;font-weight:600;color:#0b57c4;background:none}
.opener{position:fixed;bottom:calc(16px + env(safe-area-inset-bottom));${side}:calc(16px + env(safe-area-inset-${side}));
height:48px;max-width:calc(100vw - 32px);padding:0 20px;border:2px solid #fff;color:#fff;background:#0b57c4}
.opener span{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
dialog[open]{position:fixed;inset:auto;bottom:calc(80px + env(safe-area-inset-bottom));
${side}:calc(16px + env(safe-area-inset-${side}));display:flex;flex-direction:column;width:384px;
height:min(640px,100dvh - 96px);margin:0;padding:0;overflow:hidden;border:1px solid #6b7482;border-radius:8px;
color:#191c21;background:#fff;box-shadow:0 8px 32px #0005}
dialog:modal{inset:0;width:auto;height:auto;max-width:none;max-height:none;border:0;border-radius:0;box-shadow:none;
padding:env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left)}
.head{display:flex;justify-content:space-between;align-items:center;gap:8px;padding:4px;padding-inline-start:16px;
border-bottom:1px solid #d5d9e0}
h2{margin:0;font-size:16px;overflow-wrap:anywhere}
.head button{flex:none;border:1px solid transparent;padding:0 12px}
p{margin:16px}
a{color:#0b57c4}
iframe{flex:1;width:100%;min-height:0;border:0}
:focus-visible{outline:3px solid #0b57c4;outline-offset:2px}
dialog :focus-visible{outline-offset:-3px}
h2:focus-visible{outline-offset:2px}
@media (prefers-color-scheme:dark){
button,a{color:#8fb8ff}
.opener{color:#0d1524;background:#8fb8ff;border-color:#0d1524}
dialog[open]{color:#e8ebf0;background:#111419;border-color:#8d97a6}
.head{border-color:#3a414c}
:focus-visible{outline-color:#ffd75e}}
@media print{:host{display:none!important}}`;

  function folder(address) {
    return address.replace(/\/*$/, "/");
  }

  function page(name, base) {
    try {
      return new URL(name, new URL(base, document.baseURI)).href;
    } catch {
      return "";
    }
  }

  function make(name, properties, ...children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  }

  function tell(name) {
    document.dispatchEvent(new CustomEvent("help:" + name));
  }

  function start() {
    const early = window.HelpWidget;
    if (!pages.length || (early && early.isLive)) return;

    const words = make("span", { textContent: label, dir: "auto" });
    const button = make("button", { type: "button", className: "opener", ariaHasPopup: "dialog" }, words);
    const title = make("h2", { id: "title", textContent: label, dir: "auto", tabIndex: -1 });
    const closer = make("button", { type: "button", textContent: settings.close || "Close" });
    const way = make("a", { target: "_blank", rel: "noopener", textContent: settings.newTab || "Open help in a new tab" });
    const said = make("p", { hidden: true, role: "alert" }, settings.failed || "Help cannot be shown here.", " ", way);
    const dialog = make("dialog", {}, make("div", { className: "head" }, title, closer), said);
    const region = make("section", { ariaLabel: label }, button, dialog);
    const home = document.createElement("help-widget");
    const root = home.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    const wide = matchMedia("(min-width:480px) and (min-height:480px)");
    let isOpen = false;
    let frame = null; // made at the first opening, kept until it fails
    let place = 0; // in `pages`, of what the frame shows
    let isReady = false; // did the page in the frame say so?
    let hasFailed = false;
    let wanted = null; // to be filled into the box, until the frame says that it was
    let timer = 0;
    let opener = null; // gets the focus back

    function load(number) {
      const made = make("iframe", {
        title: label,
        name: "help-widget " + location.origin, // whom the pages in it may tell something
        allow: "clipboard-write",
        referrerPolicy: "no-referrer",
        src: pages[number],
      });
      made.addEventListener("load", loaded);
      if (frame) frame.remove();
      place = number;
      frame = made;
      isReady = hasFailed = false;
      said.hidden = true;
      dialog.append(made);
      wait(ANSWER_WITHIN_MS);
    }

    function wait(milliseconds) {
      clearTimeout(timer);
      timer = setTimeout(fail, milliseconds);
    }

    // The browser's own error pages are loaded as well, but never answer.
    function loaded() {
      isReady = false;
      wait(ANSWER_AFTER_LOAD_MS);
      send({ type: "help:hello" });
    }

    function ready() {
      clearTimeout(timer);
      isReady = true;
      hasFailed = false;
      said.hidden = true;
      frame.hidden = false;
      if (wanted) send(wanted);
    }

    function fail() {
      if (place + 1 < pages.length) return load(place + 1);
      hasFailed = true;
      way.href = pages[0].replace(/embed(\.html)?$/, "ask$1");
      frame.hidden = true;
      said.hidden = false;
    }

    function send(message) {
      frame.contentWindow.postMessage(message, new URL(pages[place]).origin);
    }

    function hear(event) {
      if (!frame || event.source !== frame.contentWindow || event.origin !== new URL(pages[place]).origin) return;
      const type = event.data && event.data.type;
      if (type === "help:ready") ready();
      else if (type === "help:filled") wanted = null;
      else if (type === "help:close") close();
      else if (type === "help:solved" || type === "help:report") tell(type.slice(5));
    }

    function show() {
      if (wide.matches) dialog.show();
      else dialog.showModal();
    }

    function open(options, from) {
      if (!api.isLive) return;
      const given = Object(options);
      const texts = ["question", "log", "section"].filter((name) => given[name] && typeof given[name] === "string");
      if (texts.length) {
        wanted = { type: "help:ask" };
        texts.forEach((name) => (wanted[name] = given[name]));
      }
      const isNew = !isOpen;
      if (isNew) {
        const active = document.activeElement;
        opener = from || (active === document.body || active === home ? button : active);
        isOpen = true;
        show();
        button.ariaExpanded = "true";
        window.addEventListener("keydown", key);
      }
      title.focus({ preventScroll: true });
      if (!frame || hasFailed) load(0);
      else if (isReady && wanted) send(wanted);
      if (isNew) tell("open");
    }

    function close() {
      if (!isOpen) return;
      isOpen = false;
      window.removeEventListener("keydown", key);
      dialog.close();
      button.ariaExpanded = "false";
      (opener.isConnected ? opener : button).focus({ preventScroll: true });
      tell("close");
    }

    function toggle(from) {
      if (isOpen) close();
      else open(null, from);
    }

    function key(event) {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      event.stopPropagation();
      close();
    }

    function click(event) {
      const link = event.target.closest && event.target.closest("a[data-help-widget]");
      if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const asked = new URLSearchParams(link.search || link.hash.slice(1)); // a copy's come behind a #
      open({ question: asked.get("q"), section: asked.get("section") }, link);
    }

    // The panel changes between beside the page and over it when the window does.
    function fit() {
      if (!isOpen) return;
      const active = root.activeElement;
      dialog.close();
      show();
      if (active) active.focus({ preventScroll: true });
    }

    function destroy() {
      if (!api.isLive) return;
      close();
      api.isLive = false;
      clearTimeout(timer);
      window.removeEventListener("message", hear);
      document.removeEventListener("click", click);
      wide.removeEventListener("change", fit);
      home.remove();
      frame = null;
    }

    const api = {
      isLive: true,
      open: (options) => open(options),
      close: close,
      toggle: () => toggle(),
      destroy: destroy,
      push: (...calls) =>
        calls.forEach((call) => {
          if (Array.isArray(call) && CALLS.includes(call[0])) api[call[0]](call[1]);
        }),
    };

    const lang = settings.lang || (settings.label ? "" : "en");
    if (lang) region.lang = lang;
    button.ariaExpanded = "false";
    button.hidden = settings.position === "none";
    dialog.setAttribute("aria-labelledby", "title");
    button.addEventListener("click", () => toggle(button));
    closer.addEventListener("click", close);
    dialog.addEventListener("keydown", key);
    dialog.addEventListener("close", () => dialog.open || close()); // by the browser: a Back gesture, say
    window.addEventListener("message", hear);
    document.addEventListener("click", click);
    wide.addEventListener("change", fit);
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    root.append(region);
    document.body.append(home);
    window.HelpWidget = api;
    tell("ready");
    if (Array.isArray(early)) api.push(...early);
  }

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start, { once: true });
})();
