// Markup comes from the page's <template> elements; here their blanks, such as __title__, are filled in as text.
(function (kb) {
  "use strict";

  const BLANK = /__([a-z_]+?)__/g;

  // A copy of the template's elements.
  kb.cloned = function (name) {
    return document.importNode(document.querySelector("template[data-card=" + name + "]").content, true);
  };

  function filled(text, values) {
    return text.replace(BLANK, function (blank, name) {
      return name in values ? String(values[name]) : blank;
    });
  }

  // Fills the blanks below `root` whose names are in `values`; in addresses what is filled in is encoded. Returns `root`.
  kb.fill = function (root, values) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    const encoded = {};
    Object.keys(values).forEach(function (name) {
      encoded[name] = encodeURIComponent(values[name]);
    });
    for (let node = walker.currentNode; node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (node.data.includes("__")) node.data = filled(node.data, values);
        continue;
      }
      for (const attribute of node.attributes || []) {
        if (!attribute.value.includes("__")) continue;
        attribute.value = filled(attribute.value, attribute.name === "href" ? encoded : values);
      }
    }
    return root;
  };

  kb.drop = function (root, selector) {
    root.querySelectorAll(selector).forEach(function (element) {
      element.remove();
    });
  };

  // Repeats the first of the elements that `selector` finds, once for each item, filled in by change(element, item).
  kb.repeat = function (first, items, change) {
    const made = items.map(function (item) {
      const copy = first.cloneNode(true);
      change(copy, item);
      return copy;
    });
    first.replaceWith(...made);
  };

  // An ISO date as people read it: "24 November 2026".
  kb.day = function (iso) {
    const moment = new Date(iso);
    if (isNaN(moment)) return iso;
    return moment.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  };

  // `text` on one line, at most `length` characters.
  kb.clip = function (text, length) {
    const line = text.split(/\s+/).filter(Boolean).join(" ");
    const letters = Array.from(line);
    return letters.length <= length ? line : letters.slice(0, length - 1).join("").trimEnd() + "…";
  };
})((globalThis.kb = globalThis.kb || {}));
