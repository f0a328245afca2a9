// Suggestions under the box: a combobox with a list, as WAI-ARIA describes it; the text stays what was typed.
(function (kb) {
  "use strict";

  const SUGGEST_AFTER_MS = 150; // without a key
  const SUGGEST_FROM = 2; // characters

  // field: the box. find(text, signal): a promise of what fits, as { title, url }, best first.
  kb.suggestions = function (field, find) {
    const list = kb.make("ul", { id: "box-suggestions", className: "suggestions", hidden: true });
    let found = []; // { title, url }
    let active = -1;
    let timer = 0;
    let request = null;

    function close() {
      clearTimeout(timer);
      if (request) request.abort();
      request = null;
      found = [];
      active = -1;
      list.hidden = true;
      list.replaceChildren();
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    }

    function choose(number) {
      active = number;
      Array.from(list.children).forEach(function (option, place) {
        option.setAttribute("aria-selected", String(place === number));
        if (place === number) option.scrollIntoView({ block: "nearest" });
      });
      if (number < 0) field.removeAttribute("aria-activedescendant");
      else field.setAttribute("aria-activedescendant", list.children[number].id);
    }

    function open(inNewTab) {
      const url = found[active].url;
      if (inNewTab) window.open(url, "_blank", "noopener");
      else location.assign(url);
    }

    function show(items) {
      found = items;
      if (!found.length) return close();
      list.replaceChildren(
        ...found.map(function (item, place) {
          const option = kb.make("li", { id: "box-option-" + place, textContent: item.title });
          option.setAttribute("role", "option");
          option.setAttribute("aria-selected", "false");
          option.addEventListener("mousedown", function (event) {
            event.preventDefault(); // the field keeps the focus
          });
          option.addEventListener("click", function (event) {
            active = place;
            open(event.ctrlKey || event.metaKey);
          });
          return option;
        }),
      );
      active = -1;
      field.removeAttribute("aria-activedescendant");
      field.setAttribute("aria-expanded", "true");
      list.hidden = false;
      kb.say(kb.plural(found.length, "matching question.", "matching questions."));
      return undefined;
    }

    function look() {
      const text = field.value.trim();
      if (request) request.abort();
      request = new AbortController();
      find(text, request.signal)
        .then(function (items) {
          if (field.value.trim() === text && document.activeElement === field && !field.readOnly) show(items);
        })
        .catch(function () {}); // suggestions are a help, not a need
    }

    function typed() {
      clearTimeout(timer);
      if (field.value.trim().length < SUGGEST_FROM) return close();
      timer = setTimeout(look, SUGGEST_AFTER_MS);
      return undefined;
    }

    function key(event) {
      const isOpen = !list.hidden;
      if (event.isComposing || event.altKey || event.shiftKey) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (!isOpen) {
          if (field.value.trim().length < SUGGEST_FROM) return;
          event.preventDefault();
          look();
          return;
        }
        event.preventDefault();
        const places = found.length + 1; // the text itself is one of them
        choose(((active + 1 + (event.key === "ArrowDown" ? 1 : -1) + places) % places) - 1);
      } else if (event.key === "Enter" && isOpen && active >= 0) {
        event.preventDefault();
        open(event.ctrlKey || event.metaKey);
      } else if (event.key === "Escape") {
        if (isOpen) close();
        else if (field.value) field.value = "";
        else return;
        event.preventDefault();
      }
    }

    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", list.id);
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Matching questions");
    field.after(list);
    field.addEventListener("input", typed);
    field.addEventListener("keydown", key);
    field.addEventListener("blur", close);
    return { close: close };
  };
})((globalThis.kb = globalThis.kb || {}));
