// The box on every page of the copy: what can be asked, what has to be mended first, and suggestions once the engine is there.
(function (kb) {
  "use strict";

  const box = document.querySelector("form.box");
  const field = document.getElementById("box-question");
  const logField = document.getElementById("box-log");

  function length(text) {
    return Array.from(text).length;
  }

  // Why what is in the box cannot be asked, as [field, sentence]; null when it can.
  function findProblem(question, log) {
    const problems = kb.words.problems;
    if (!question.trim() && !log.trim()) return ["question", problems.empty];
    if (length(question) > kb.words.asked.question) return ["question", problems.question];
    if (length(log) > kb.words.asked.log) return ["log", problems.log];
    return null;
  }

  // Takes what was said about a problem away again.
  function clearProblem() {
    document.title = document.title.replace(/^Error: /, "");
    kb.drop(document, ".error-summary, form.box .field-error");
    box.querySelectorAll(".field-bad").forEach((item) => item.classList.remove("field-bad"));
    [field, logField].forEach(function (item) {
      item.removeAttribute("aria-invalid");
      const kept = item.getAttribute("aria-describedby").split(" ").filter((id) => !id.endsWith("-error"));
      item.setAttribute("aria-describedby", kept.join(" "));
    });
  }

  // Says above the page and at the field what has to be mended. The focus goes to the summary: somebody pressed a key.
  function showProblem(name, message) {
    clearProblem();
    const bad = name === "log" ? logField : field;
    const error = kb.make("p", { id: bad.id === "box-log" ? "box-log-error" : "box-error", className: "field-error" }, [
      kb.make("span", { className: "visually-hidden", textContent: "Error: " }),
      message,
    ]);
    bad.closest(".field").classList.add("field-bad");
    (bad.closest(".box-row") || bad).before(error);
    bad.setAttribute("aria-invalid", "true");
    bad.setAttribute("aria-describedby", bad.getAttribute("aria-describedby") + " " + error.id);
    if (name === "log") logField.closest("details").open = true;
    const link = kb.make("a", { href: "#" + bad.id, textContent: message });
    link.addEventListener("click", function (event) {
      event.preventDefault(); // the address stays what it is
      bad.focus();
    });
    const summary = kb.make("div", { className: "error-summary", tabIndex: -1 }, [
      kb.make("h2", { id: "error-summary-title", textContent: "There is a problem" }),
      kb.make("ul", {}, [kb.make("li", {}, [link])]),
    ]);
    summary.setAttribute("role", "alert");
    summary.setAttribute("aria-labelledby", "error-summary-title");
    const column = box.closest(".main-column");
    if (column) column.prepend(summary);
    else box.before(summary);
    document.title = "Error: " + document.title;
    summary.focus();
  }

  // What stands in the box: { q, log, section }.
  function asked() {
    const section = document.getElementById("box-section");
    return { q: field.value.trim(), log: logField.value.trim(), section: section && section.checked ? section.value : "" };
  }

  function askFromHere(values) {
    const kept = Object.entries(values).filter((pair) => pair[1]);
    const query = new URLSearchParams(kept).toString();
    location.assign(kb.isSingle ? "#" + query : kb.onward(kb.place("ask") + "#" + query));
  }

  // What the portal would offer while somebody types.
  function findSuggestions(text) {
    return kb.openSuggestions().then(function (engine) {
      return engine.suggest(text).map(function (item) {
        return { title: item.title, url: kb.onward(kb.placeOf(item.kind, item.id)) };
      });
    });
  }

  // ask(values): what happens with a question; without it the page that answers is opened.
  kb.startBox = function (ask) {
    const suggestions = kb.suggestions(field, findSuggestions);
    const isHome = box.classList.contains("box-home"); // what is asked there starts anew
    field.addEventListener("focus", kb.openEngine);
    if (document.activeElement === field) kb.openEngine();
    box.addEventListener("submit", function (event) {
      event.preventDefault();
      suggestions.close();
      const values = asked();
      const problem = findProblem(values.q, values.log);
      if (problem) return showProblem(...problem);
      clearProblem();
      if (ask) return ask(values);
      return askFromHere(Object.assign(values, { new: isHome ? "1" : "" }));
    });
    kb.boxKeys(box, field, logField);
  };

  kb.clearBox = function () {
    field.value = "";
    logField.value = "";
    logField.closest("details").open = false;
  };

  Object.assign(kb, { findProblem, showProblem, clearProblem });
})((globalThis.kb = globalThis.kb || {}));
