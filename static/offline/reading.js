// Pages to read: feedback on an entry, and the steps of a guide with what came of them.
(function (kb) {
  "use strict";

  // The way back to the conversation, once there is one.
  function showWayBack(page) {
    const trail = page.querySelector(".breadcrumb");
    kb.drop(page, ".to-conversation");
    if (!trail || !kb.recall().turns.length) return;
    const link = kb.make("a", { href: kb.place("ask"), textContent: "Back to your conversation" });
    trail.before(kb.make("p", { className: "to-conversation" }, [link]));
  }

  // An entry

  function guideOn(page) {
    const link = page.querySelector(".side-column a[data-guide]");
    if (!link) return null;
    const steps = link.parentElement.querySelector(".count").textContent.match(/\d+/);
    return { id: link.dataset.guide, title: link.textContent.replace(/^[^:]*: /, ""), steps: Number(steps) };
  }

  function relatedOn(page) {
    const link = page.querySelector(".side-column section:not(:has([data-guide])) .link-list a");
    const id = link && decodeURIComponent(link.getAttribute("href")).match(/([^/:#]+?)(?:\.html)?$/);
    return id ? { id: id[1], title: link.textContent } : null;
  }

  // page: the element that holds it; its data-id is the entry's.
  kb.startEntry = function (page) {
    const article = page.querySelector("article.entry");
    const id = kb.isSingle ? "feedback-on-" + page.dataset.id : "feedback";
    const title = article.querySelector("h1").textContent.trim();
    const view = { id: id, entry: page.dataset.id, isProblem: article.dataset.kind === "problem" };

    function group() {
      return kb.feedbackGroup(kb.recall(), Object.assign({ guide: guideOn(page), next: relatedOn(page) }, view));
    }

    function show(button) {
      const made = group();
      article.querySelector(".feedback").replaceWith(made);
      useLinksHere(made);
      kb.keepFocus(made, button);
    }

    // What the templates say of the box and the report is about the page that answers.
    function useLinksHere(made) {
      const more = made.querySelector('.next-ways a[href*="box-question"]');
      const field = page.querySelector("#box-question");
      if (!more || !field) return;
      more.addEventListener("click", function (event) {
        event.preventDefault();
        field.focus();
      });
    }

    article.querySelector(".prose").after(kb.make("div", { className: "feedback" }));
    show(null);
    article.addEventListener("submit", function (event) {
      if (!event.target.closest(".feedback")) return;
      event.preventDefault();
      const talk = kb.keep(kb.takeFeedback(kb.recall(), event.target, event.submitter, title));
      const verdict = kb.verdictOn(talk, "entry", view.entry);
      show(event.submitter);
      kb.say(kb.words.said[verdict ? verdict.verdict : ""] || "Taken back.");
    });
    showWayBack(page);
    if (kb.isSingle) {
      addEventListener("hashchange", function () {
        showWayBack(page);
        show(null);
      });
    }
  };

  // A guide

  // page: the element that holds it; its data-id is the guide's.
  kb.startGuide = function (page) {
    const guide = page.dataset.id;
    const title = page.querySelector("h1").textContent.trim();
    const steps = Array.from(page.querySelectorAll("section.step")).map(function (section) {
      return { id: section.id.split(":").pop(), section: section, title: section.querySelector("h2").textContent.trim() };
    });
    const marks = page.querySelectorAll("nav[aria-label=Steps] li");
    const end = find("guide-end");
    const endTitle = end && end.querySelector("h2");
    const endWords = end && endTitle.textContent;

    function find(id) {
      return document.getElementById(kb.isSingle ? "/guides/" + guide + ":" + id : id);
    }

    function target(step) {
      return guide + "/" + step.id;
    }

    function verdict(step) {
      const found = kb.verdictOn(kb.recall(), "step", target(step));
      return found ? found.verdict : "";
    }

    function words(step) {
      const said = verdict(step) && kb.words.outcomes.step[verdict(step)];
      return said ? said[0].toUpperCase() + said.slice(1) : "";
    }

    function showStep(step, button) {
      const isLast = step === steps[steps.length - 1];
      const made = kb.fill(kb.cloned("step-" + (verdict(step) || "open") + (isLast ? "-last" : "")), {
        id: step.section.id + "-fixed",
        words: words(step),
      }).firstElementChild;
      const old = step.section.querySelector(".step-form");
      if (old) old.replaceWith(made);
      else step.section.append(made);
      kb.keepFocus(made, button);
    }

    function showProgress() {
      steps.forEach(function (step, place) {
        kb.drop(marks[place], ".meta");
        if (verdict(step)) marks[place].append(" ", kb.make("span", { className: "meta", textContent: "· " + words(step) }));
      });
      showStart();
      if (!end) return;
      const tried = steps.filter(verdict).length;
      const all = kb.plural(steps.length, "step", "steps");
      const isSolved = steps.some((step) => verdict(step) === "yes");
      if (!tried || isSolved) endTitle.textContent = endWords;
      else endTitle.textContent = tried === steps.length ? "All " + all + " tried" : tried + " of " + all + " tried";
    }

    // Where to go on: the first step after the last one that was tried, as long as none helped.
    function showStart() {
      const start = page.querySelector(".guide > .actions");
      kb.drop(start, "[data-go-on]");
      const places = steps.map((step, place) => (verdict(step) ? place : -1));
      const next = steps.find((step, place) => place > Math.max(...places) && !verdict(step));
      const first = start.querySelector("a");
      const goesOn = Boolean(next) && places.some((place) => place >= 0) && !steps.some((step) => verdict(step) === "yes");
      first.classList.toggle("primary", !goesOn);
      if (!goesOn) return;
      const link = first.cloneNode(false);
      link.className = "button primary";
      link.dataset.goOn = "";
      link.href = "#" + encodeURIComponent(next.section.id);
      link.textContent = "Go on with step " + (steps.indexOf(next) + 1);
      first.before(link, " ");
    }

    function record(step, word, note) {
      const talk = kb.recall();
      if (word === "undo") kb.keep(kb.undoVerdict(talk, "step", target(step)));
      else {
        const said = { kind: "step", target: target(step), verdict: word, text: step.title, guide: title, note: note || "" };
        kb.keep(kb.setVerdict(talk, said));
      }
      showProgress();
      showWayBack(page);
    }

    // To the part of the page that comes next, which gets the focus: somebody pressed a button to get there.
    function goTo(section) {
      if (!section) return;
      const heading = section.querySelector("h2");
      heading.tabIndex = -1;
      section.scrollIntoView({ block: "start", behavior: "instant" });
      heading.focus({ preventScroll: true });
    }

    steps.forEach(function (step, place) {
      showStep(step);
      step.section.addEventListener("submit", function (event) {
        event.preventDefault();
        const word = event.submitter.value;
        record(step, word);
        showStep(step, event.submitter);
        kb.say(words(step) ? words(step) + "." : "Taken back.");
        const following = steps[place + 1];
        if (word === "yes") goTo(find("guide-solved"));
        else if (word !== "undo") goTo(following ? following.section : end);
      });
      step.section.querySelectorAll(".outcome").forEach(function (outcome) {
        const link = outcome.querySelector(".outcome-way a");
        if (!link) return;
        link.addEventListener("click", function () {
          const isSolved = /guide-solved$/.test(link.getAttribute("href"));
          record(step, isSolved ? "yes" : "no", outcome.querySelector("p").textContent.replace(/^\s*\S+\s+\S+\s+/, "").trim());
          showStep(step);
        });
      });
    });
    showProgress();
    showWayBack(page);
    addEventListener("pageshow", function (event) {
      if (event.persisted) steps.forEach((step) => showStep(step));
    });
  };
})((globalThis.kb = globalThis.kb || {}));
