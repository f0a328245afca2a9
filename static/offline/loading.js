// Where things are in the copy, and loading the scripts that hold its data: the engine with the index on the first focus of
// a box, the text of an entry when its card is shown. Nothing is ever requested in any other way; a single file holds all.
(function (kb) {
  "use strict";

  const ENGINE = ["engine.js", "index.js", "spelling.js", "wordings.js"]; // in assets/
  const page = document.documentElement.dataset;
  const loads = new Map(); // address to promise
  let engine = null;

  kb.isSingle = page.copy === "single"; // all pages in one file: a page is an element with its path as id
  // In the frame of the help widget, as static/embed.js knows it? There one page is the first one and answers too.
  kb.isEmbedded = window.parent !== window && /^help-widget https?:\/\/[^/]+$/.test(window.name);

  // The address of a page of the copy, without ".html"; for the single file see kb/offline_links.py.
  kb.place = function (path, anchor) {
    const isStart = kb.isEmbedded && (path === "index" || path === "ask");
    const name = (isStart ? "embed" : path).split("/").map(encodeURIComponent).join("/");
    if (kb.isSingle) return "#/" + name + (anchor ? "%3A" + encodeURIComponent(anchor) : "");
    return page.root + name + ".html" + (anchor ? "#" + encodeURIComponent(anchor) : "");
  };

  // The address of an entry or guide.
  kb.placeOf = function (kind, id, anchor) {
    return kb.place((kind === "guide" ? "guides/" : "entries/") + id, anchor);
  };

  // A promise that is kept when the script of assets/ with this name has run.
  kb.load = function (name) {
    const address = page.root + "assets/" + name.split("/").map(encodeURIComponent).join("/");
    if (!loads.has(address)) {
      loads.set(
        address,
        new Promise(function (done, failed) {
          const script = kb.make("script", { src: address, async: false, onload: done });
          script.onerror = function () {
            loads.delete(address); // so that it can be tried again
            script.remove();
            failed(new Error("not loaded: " + address));
          };
          document.head.append(script);
        }),
      );
    }
    return loads.get(address);
  };

  // A promise of the engine with the index in it.
  kb.openEngine = function () {
    if (!engine) {
      engine = Promise.all(kb.isSingle ? [] : ENGINE.map(kb.load)).then(function () {
        return kb.engine.open(kb.data, kb.texts);
      });
      engine.catch(function () {
        engine = null;
      });
    }
    return engine;
  };

  // A promise of the engine with the words that suggestions are looked up in.
  kb.openSuggestions = function () {
    const opened = kb.openEngine(); // its scripts come first: they take the words in
    const words = kb.isSingle || kb.wordings ? Promise.resolve() : kb.load("wordings.js");
    return Promise.all([opened, words]).then((both) => both[0]);
  };

  // A promise of the text of an entry or guide.
  kb.openText = function (id) {
    const isThere = kb.isSingle || (kb.texts && kb.texts[id]);
    return (isThere ? Promise.resolve() : kb.load("texts/" + id + ".js")).then(function () {
      return kb.texts[id];
    });
  };

  // A promise of the rules by which secrets are found.
  kb.openSecrets = function () {
    return kb.secretRules ? Promise.resolve() : kb.load("secrets.js");
  };
})((globalThis.kb = globalThis.kb || {}));
