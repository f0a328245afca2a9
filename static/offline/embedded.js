// Pages of the copy in the frame of the help widget. All of them can be read there; what leads back to the first page or to
// the one that answers leads to embed.html, which is both, and everything else opens a new tab.
(function (kb) {
  "use strict";

  const root = document.documentElement.dataset;
  const folder = new URL(root.root + ".", location.href); // of the copy
  const START = ["index.html", "ask.html", ""]; // paths within the copy
  const OUT = ["report.html"]; // which needs room

  // The path of an address within the copy; null outside it.
  function pathOf(address) {
    return address.href.startsWith(folder.href) ? address.href.slice(folder.href.length).split(/[?#]/)[0] : null;
  }

  // Before all else that listens for clicks, since it changes where the link leads.
  function lead(event) {
    const link = event.target.closest && event.target.closest("a[href]");
    if (!link || link.target || link.hasAttribute("download") || !/^(?:https?|file):$/.test(link.protocol)) return;
    if (link.href === location.href.split(/[?#]/)[0]) return goToBox(event);
    const path = pathOf(link);
    if (START.includes(path)) link.href = new URL(root.home, location.href).href + link.hash;
    else if (path === null || OUT.includes(path) || !path.endsWith(".html")) {
      link.target = "_blank";
      link.rel = "noopener";
    }
    return undefined;
  }

  // The page is there already; loading it once more would end a conversation that the browser does not keep.
  function goToBox(event) {
    const field = document.getElementById("box-question");
    if (!field) return;
    event.preventDefault();
    field.focus();
  }

  // The limit that the address asks for, `?section=<id>`, as a check box of the box.
  function offerSection() {
    const id = new URLSearchParams(location.search).get("section");
    const link = id && document.querySelector('a[data-section="' + CSS.escape(id) + '"]');
    if (!link) return;
    const check = kb.cloned("box-limited").querySelector("#box-section").parentElement;
    document.querySelector("form.box .box-log").before(kb.fill(check, { section: id, section_title: link.textContent }));
  }

  if (kb.isEmbedded) document.addEventListener("click", lead, true);
  if (document.querySelector("main[data-page=ask]")) offerSection();
})((globalThis.kb = globalThis.kb || {}));
