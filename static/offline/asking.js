// The page that answers: asking, the turns of the conversation, and everything that can be pressed in them.
(function (kb) {
  "use strict";

  const PENDING_AFTER_MS = 300;
  const SLOW_AFTER_MS = 800; // then "Searching…" is spoken too
  const FAILED = "The answer could not be loaded. Your question is still in the box.";
  const box = document.querySelector("form.box");
  const field = document.getElementById("box-question");
  const list = document.getElementById("turns");
  let talk = null; // the conversation
  let newest = null; // the newest turn as answered: { answer, shown }
  let isAsking = false;

  // Answering

  // A promise of { answer, shown } for a turn; what is shown beside the answer comes from the index and the texts.
  function answerTo(turn, number) {
    let engine = null;
    return kb
      .openEngine()
      .then(function (opened) {
        engine = opened;
        return Promise.all(engine.needs(turn).map(kb.openText)); // texts that quoted phrases are looked up in
      })
      .then(function () {
        const history = kb.earlier(talk, number, turn.standalone);
        const answer = engine.ask(Object.assign({}, turn, { history: history }));
        const first = !answer.error && kb.answering(answer);
        const isLooked = !answer.error && (first || answer.error_place >= 0);
        return (isLooked ? kb.openText(answer.hits[0].id) : Promise.resolve(null)).then(function (text) {
          return { answer: answer, shown: answer.error ? null : shownWith(engine, answer, first, text) };
        });
      });
  }

  function shownWith(engine, answer, first, text) {
    const guides = answer.guides.map((id) => engine.meta(id));
    return {
      meta: first ? engine.meta(first.id) : null,
      text: text,
      snippet: first ? engine.snippet(answer, text) : null,
      why: text ? engine.why(answer, text) : Object.assign({ error_text: "" }, answer.why),
      guide: guides[0] || null,
      sectionTitle: (section) => engine.data.sections[section] || section,
    };
  }

  // What the conversation keeps of a question and its answer.
  function turnOf(values, answer) {
    const found = answer.level === "none" ? [] : answer.hits.filter((hit) => hit.kind === "entry");
    const first = found[0];
    return Object.assign({}, values, {
      level: answer.level,
      entry_id: first ? first.id : "",
      title: first ? first.title : "",
      carried: answer.carried,
    });
  }

  // Showing

  function feedbackOn(turn, found) {
    const first = kb.answering(found.answer);
    if (!first || first.kind !== "entry") return null;
    const next = found.answer.candidates.find(function (candidate) {
      const verdict = kb.verdictOn(talk, "entry", candidate.id);
      return !verdict || verdict.verdict === "yes";
    });
    const id = "feedback-" + turn.number;
    return { id: id, entry: first.id, isProblem: found.shown.meta.is_problem, guide: found.shown.guide, next: next };
  }

  function showNewest(turn) {
    const root = kb.turnCard(talk, turn, newest.answer, newest.shown);
    const view = feedbackOn(turn, newest);
    if (view) {
      root.querySelector(".feedback").replaceWith(kb.feedbackGroup(talk, view));
      const verdict = kb.verdictOn(talk, "entry", view.entry);
      if (verdict && verdict.verdict === "no") kb.drop(root, ".best > .guide-link"); // it stands among the ways on
    }
    return root;
  }

  function place(number, root) {
    const item = kb.make("li", {}, [root]);
    const old = list.children[number - 1];
    if (old) old.replaceWith(item);
    else list.append(item);
    kb.equip(item);
  }

  // A promise of an earlier turn in its place.
  function placeEarlier(turn) {
    const isShort = turn.entry_id && (turn.level === "strong" || turn.level === "possible");
    return (isShort ? kb.openText(turn.entry_id).catch(() => null) : Promise.resolve(null)).then(function (text) {
      const open = list.querySelector("#earlier-" + turn.number + "[open]");
      place(turn.number, kb.earlierCard(talk, turn, text));
      if (open) document.getElementById("earlier-" + turn.number).open = true;
    });
  }

  function showTried() {
    const made = kb.triedPanel(talk);
    const old = document.getElementById("tried");
    if (old) made.open = old.open;
    const isFirst = kb.isSingle || kb.isEmbedded; // there it would push down what the first page offers
    const isEmpty = isFirst && !talk.turns.length && !talk.verdicts.length;
    const shown = isEmpty ? [] : [made, ...(talk.turns.length ? [clearLink()] : [])];
    document.getElementById("tried-place").replaceChildren(...shown);
  }

  // Label and links of the box, which depend on whether what is asked next starts anew.
  function showBox() {
    const last = talk.turns[talk.turns.length - 1];
    const isAnew = talk.anew || !last;
    const made = kb.fill(kb.cloned(isAnew ? "box-anew" : "box-more"), { number: last ? last.number : 0 });
    box.querySelector(".box-label").textContent = made.querySelector(".box-label").textContent;
    kb.drop(box, "#box-links");
    if (!last) return;
    const links = made.querySelector("#box-links");
    const [latest, other] = links.querySelectorAll("a");
    latest.addEventListener("click", function (event) {
      event.preventDefault();
      goTo("turn-" + last.number);
    });
    other.addEventListener("click", function (event) {
      event.preventDefault();
      talk = kb.keep(Object.assign({}, talk, { anew: !talk.anew }));
      showBox();
      field.focus();
    });
    box.querySelector(".box-row").after(links);
  }

  function goTo(id) {
    const found = document.getElementById(id);
    if (!found) return;
    found.focus({ preventScroll: true });
    found.scrollIntoView({ block: "start", behavior: "instant" });
  }

  function showTitle() {
    const last = talk.turns[talk.turns.length - 1];
    const site = document.querySelector(".site-title").textContent;
    document.title = (last ? kb.clip(kb.questionText(last), 70) : "Ask") + " · " + site;
  }

  // Asking

  function pending(values) {
    const question = kb.make("h2", {}, [
      kb.make("span", { className: "said", textContent: "You asked:" }),
      " ",
      kb.make("span", { className: "asked", textContent: values.question || kb.words.log_question }),
    ]);
    const notice = kb.make("div", { className: "pending", hidden: true }, [kb.make("p", { textContent: "Searching…" })]);
    const article = kb.make("article", { className: "turn" }, [kb.make("div", { className: "bubble" }, [question]), notice]);
    article.setAttribute("aria-busy", "true");
    kb.drop(list, "li.asking");
    const item = kb.make("li", { className: "asking" }, [article]);
    list.append(item);
    const timers = [
      setTimeout(() => (notice.hidden = false), PENDING_AFTER_MS),
      setTimeout(() => kb.say("Searching…"), SLOW_AFTER_MS),
    ];
    return {
      end: function () {
        timers.forEach(clearTimeout);
        item.remove();
      },
      fail: function (message) {
        timers.forEach(clearTimeout);
        article.removeAttribute("aria-busy");
        notice.className = "pending failed";
        notice.hidden = false;
        const again = kb.make("button", { type: "button", className: "button", textContent: "Try again" });
        again.addEventListener("click", function () {
          field.focus();
          box.requestSubmit(box.querySelector("button[type=submit]"));
        });
        notice.replaceChildren(kb.make("p", { textContent: message }), again);
        kb.say(message);
      },
    };
  }

  function setBusy(isBusy) {
    const button = box.querySelector("button[type=submit]");
    isAsking = isBusy;
    field.readOnly = isBusy;
    if (isBusy) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }

  // values: { q, log, section, exact, new } as the box and addresses have them.
  function ask(values) {
    if (isAsking) return Promise.resolve();
    setBusy(true);
    if (matchMedia("(pointer: coarse)").matches) field.blur();
    const notice = pending({ question: values.q });
    let turn = null;
    return kb
      .openSecrets()
      .then(function () {
        turn = {
          question: kb.mask(values.q || ""),
          log: kb.mask(values.log || ""),
          section: values.section || "",
          exact: values.exact === "1",
          standalone: talk.turns.length > 0 && (talk.anew || values.new === "1"),
        };
        return answerTo(turn);
      })
      .then(function (found) {
        notice.end();
        setBusy(false);
        if (found.answer.error) return kb.showProblem("question", found.answer.error);
        const before = talk.turns[talk.turns.length - 1];
        talk = kb.keep(kb.addTurn(talk, turnOf(turn, found.answer)));
        newest = found;
        const added = talk.turns[talk.turns.length - 1];
        const root = showNewest(added);
        root.classList.add("fresh");
        place(added.number, root);
        if (before) placeEarlier(before);
        showTried();
        showBox();
        showTitle();
        kb.clearBox();
        if (!kb.isSingle) history.replaceState(null, "", "#turn-" + added.number);
        root.scrollIntoView({ block: "start", behavior: "instant" });
        kb.say(root.dataset.said);
        return undefined;
      })
      .catch(function (reason) {
        setBusy(false);
        console.error(reason);
        if (!field.value) field.value = values.q || "";
        notice.fail(FAILED);
      });
  }

  // The same question again, with or without corrections and what went before.
  function askOtherwise(form, button) {
    const number = Number(form.closest("[data-turn]").dataset.turn);
    const wanted = new FormData(form);
    const old = talk.turns[number - 1];
    const turn = Object.assign({}, old, { exact: wanted.has("exact"), standalone: wanted.has("standalone") });
    talk = kb.replaceTurn(talk, number, { standalone: turn.standalone, exact: turn.exact });
    return answerTo(turn, number).then(function (found) {
      talk = kb.keep(kb.replaceTurn(talk, number, turnOf(turn, found.answer)));
      newest = found;
      const root = showNewest(talk.turns[number - 1]);
      place(number, root);
      showTried();
      kb.keepFocus(root, button);
      kb.say(root.dataset.said);
    });
  }

  // What can be pressed in turns and beside them

  function change(event) {
    const form = event.target;
    const button = event.submitter;
    if (form === box || !form.closest("#turns, #tried-place")) return;
    event.preventDefault();
    if (form.closest("[data-turn]")) askOtherwise(form, button);
    else if (form.closest(".feedback")) judge(form, button);
    else if (form.closest("#tried")) changeTried(form, button);
  }

  function titleOf(entry) {
    const turn = talk.turns.find((item) => item.entry_id === entry);
    return turn ? turn.title : entry;
  }

  function judge(form, button) {
    const article = form.closest("article");
    const number = Number(article.id.replace("turn-", ""));
    const entry = new FormData(form).get("target");
    talk = kb.keep(kb.takeFeedback(talk, form, button, titleOf(entry)));
    showTried();
    const verdict = kb.verdictOn(talk, "entry", entry);
    const say = kb.words.said[verdict ? verdict.verdict : ""] || "Taken back.";
    const last = talk.turns[talk.turns.length - 1];
    if (number !== last.number) {
      placeEarlier(talk.turns[number - 1]).then(() => kb.keepFocus(document.getElementById("turn-" + number), button));
    } else {
      place(number, showNewest(last));
      kb.keepFocus(document.getElementById("feedback-" + number), button);
    }
    kb.say(say);
  }

  function changeTried(form, button) {
    talk = kb.keep(kb.takeTried(talk, form, button));
    showTried();
    kb.keepFocus(document.getElementById("tried"), button);
    kb.say(form.dataset.said);
  }

  function clearLink() {
    const button = kb.make("button", { type: "button", className: "text-button", textContent: "Clear this conversation" });
    button.addEventListener("click", askWhetherToClear);
    return kb.make("p", { className: "meta" }, [button]);
  }

  function askWhetherToClear() {
    const count = kb.plural(talk.turns.length, "question", "questions");
    const dialog = kb.fill(kb.cloned("clear"), { count: count }).querySelector("dialog");
    dialog.querySelector("[data-keep]").addEventListener("click", () => dialog.close());
    dialog.querySelector("[data-clear]").addEventListener("click", function () {
      talk = kb.keep(kb.newConversation());
      dialog.close();
      list.replaceChildren();
      showTried();
      showBox();
      showTitle();
      history.replaceState(null, "", kb.isSingle ? kb.place("ask") : location.href.split("#")[0]);
      field.focus();
    });
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal(); // closing it gives the focus back to the opener
    dialog.querySelector("[data-keep]").focus();
  }

  // Starting

  // What the address asks; null when it asks nothing.
  function askedByAddress() {
    const hash = location.hash.slice(1);
    if (!/^(?:q|log|section)=/.test(hash)) return null;
    const values = Object.fromEntries(new URLSearchParams(hash));
    if (kb.findProblem(values.q || "", values.log || "")) {
      field.value = values.q || "";
      return null;
    }
    return values;
  }

  function askWhatTheAddressAsks() {
    const values = askedByAddress();
    if (values) ask(values);
  }

  // Shows the conversation as it was left; a promise.
  function restore() {
    const last = talk.turns[talk.turns.length - 1];
    showTried();
    showBox();
    if (!last) return Promise.resolve();
    const earlier = talk.turns.slice(0, -1);
    talk.turns.forEach(() => list.append(kb.make("li", {})));
    return Promise.all([answerTo(last, last.number), ...earlier.map(placeEarlier)]).then(function (made) {
      newest = made[0];
      place(last.number, showNewest(last));
      showTitle();
      if (/^#turn-\d+$/.test(location.hash)) goTo(location.hash.slice(1));
    });
  }

  kb.startAsking = function () {
    talk = kb.recall();
    kb.startBox(ask);
    document.addEventListener("submit", change);
    addEventListener("hashchange", askWhatTheAddressAsks);
    restore()
      .catch(function (reason) {
        console.error(reason);
        list.replaceChildren();
        pending({ question: "" }).fail(FAILED);
      })
      .then(askWhatTheAddressAsks);
  };
})((globalThis.kb = globalThis.kb || {}));
