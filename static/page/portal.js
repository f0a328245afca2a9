// Shortens the path of what every page of the portal can do without it: asking and feedback in place, suggestions. When a
// step here fails, the form is sent as if this had never run.
(function (kb) {
  "use strict";

  const PENDING_AFTER_MS = 300;
  const SLOW_AFTER_MS = 800; // then "Searching…" is spoken too
  const GIVE_UP_AFTER_MS = 10000;
  const SIMILAR_AFTER_MS = 800; // without a key
  const SIMILAR_FROM = 12; // characters
  const make = kb.make;
  const plural = kb.plural;
  const say = kb.say;

  // Pages in place

  // Puts the elements with these ids from another page in the place of those here. What was open stays open.
  function swap(ids, page) {
    ids.forEach(function (id) {
      const old = document.getElementById(id);
      const made = page.getElementById(id);
      if (!old || !made) return;
      made.querySelectorAll("details[id]").forEach(function (item) {
        const before = document.getElementById(item.id);
        if (before) item.open = before.open;
      });
      if (old.tagName === "DETAILS") made.open = old.open;
      old.replaceWith(document.adoptNode(made));
      kb.equip(document.getElementById(id));
    });
  }

  function read(address, options) {
    return fetch(address, options).then(function (response) {
      if (!response.ok) throw response;
      return response.text().then(function (text) {
        return { url: response.url, page: new DOMParser().parseFromString(text, "text/html") };
      });
    });
  }

  function sendByHand(form, button) {
    if (button && button.name) form.append(make("input", { type: "hidden", name: button.name, value: button.value }));
    form.submit();
  }

  function fields(form, button) {
    const data = new FormData(form);
    if (button && button.name) data.append(button.name, button.value);
    return new URLSearchParams(data);
  }

  // Forms that change a part of the page: feedback, what was tried, asking the same in another way.
  function changeInPlace(event) {
    const form = event.target;
    const button = event.submitter;
    if (!form.dataset.swap) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    const ids = form.dataset.swap.split(" ");
    const home = ids.find(function (id) {
      const element = document.getElementById(id);
      return element && element.contains(form);
    });
    if (button && button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", "true");
    read(form.getAttribute("action"), { method: "POST", body: fields(form, button), signal: AbortSignal.timeout(GIVE_UP_AFTER_MS) }).then(
      function (found) {
        swap(ids, found.page);
        const changed = document.getElementById(home);
        const answer = form.hasAttribute("data-answers") && document.querySelector(".turn[data-said]:not(.earlier)");
        if (changed) kb.keepFocus(changed, button);
        say(answer ? answer.dataset.said : form.dataset.said || (changed && changed.dataset.said));
      },
      function () {
        sendByHand(form, button);
      },
    );
  }

  // The box

  const box = document.querySelector("form.box");
  const field = document.getElementById("box-question");
  const logField = document.getElementById("box-log");
  const askButton = box && box.querySelector("button[type=submit]");
  let suggestions = null;
  let asking = null; // what is under way: { timers, notice }

  function setBusy(isBusy) {
    field.readOnly = isBusy;
    if (isBusy) askButton.setAttribute("aria-disabled", "true");
    else askButton.removeAttribute("aria-disabled");
  }

  // The list of turns, which is made anew with each answer; null outside a conversation.
  function turns() {
    return document.getElementById("turns");
  }

  // A place for what happens to the question: a turn of its own in a conversation, else a line below the box.
  function showQuestion() {
    const notice = make("div", { className: "pending", hidden: true }, [make("p", { textContent: "Searching…" })]);
    document.querySelectorAll(".pending").forEach(function (old) {
      (old.closest("li.asking") || old).remove();
    });
    if (!turns()) {
      box.append(notice);
      return notice;
    }
    const question = make("h2", {}, [
      make("span", { className: "said", textContent: "You asked:" }),
      " ",
      make("span", { className: "asked", textContent: field.value.trim() || "What does this log say?" }),
    ]);
    const article = make("article", { className: "turn" }, [make("div", { className: "bubble" }, [question]), notice]);
    article.setAttribute("aria-busy", "true");
    turns().append(make("li", { className: "asking" }, [article]));
    return notice;
  }

  function settle() {
    asking.timers.forEach(clearTimeout);
    asking = null;
    setBusy(false);
  }

  function fail(message, label) {
    const notice = asking.notice;
    const again = make("button", { type: "button", className: "button", textContent: label || "Try again" });
    again.addEventListener("click", function () {
      field.focus();
      box.requestSubmit(askButton);
    });
    settle();
    const turn = notice.closest("article");
    if (turn) turn.removeAttribute("aria-busy");
    notice.className = "pending failed";
    notice.hidden = false;
    notice.replaceChildren(make("p", { textContent: message }), again);
    say(message);
  }

  function failedBecause(reason) {
    if (reason instanceof Response) {
      if (reason.status === 429) {
        const seconds = Number(reason.headers.get("Retry-After")) || 60;
        return fail("Too many questions at once. Try again in " + plural(seconds, "second", "seconds") + ".");
      }
      if (reason.status === 410) {
        box.querySelectorAll("input[name=c], input[name=after], input[name=standalone]").forEach(function (item) {
          item.remove();
        });
        return fail("This conversation has ended. Ask again to start a new one.", "Ask again");
      }
      if (reason.status < 500) return box.submit(); // the page that comes says what to mend
    }
    if (reason.name === "TimeoutError") {
      return fail("The search took too long. Your question is still in the box.");
    }
    if (!navigator.onLine) return fail("No connection. Use the offline copy to search without one.");
    return fail("The answer could not be loaded. Your question is still in the box.");
  }

  function showAnswer(url, page) {
    settle();
    swap(["turns", "tried", "box-links", "clear-dialog"], page);
    ["c", "after", "standalone"].forEach(function (name) {
      box.querySelectorAll("input[name=" + name + "]").forEach(function (item) {
        item.remove();
      });
      const made = page.querySelector("form.box input[name=" + name + "]");
      if (made) box.prepend(document.adoptNode(made));
    });
    box.querySelector(".box-label").textContent = page.querySelector(".box-label").textContent;
    field.value = "";
    logField.value = "";
    logField.closest("details").open = false;
    document.title = page.title;
    history.pushState(null, "", url);
    const newest = document.querySelector(url.slice(url.indexOf("#")));
    if (newest) {
      newest.classList.add("fresh");
      newest.scrollIntoView({ block: "start", behavior: "instant" });
      say(newest.dataset.said);
    }
  }

  function ask(event) {
    if (asking) return event.preventDefault();
    suggestions.close();
    const question = field.value.trim();
    if ((!question && !logField.value.trim()) || question.length > kb.LONGEST_QUESTION) return undefined;
    event.preventDefault();
    const notice = showQuestion();
    const giveUp = AbortSignal.timeout(GIVE_UP_AFTER_MS);
    asking = {
      notice: notice,
      timers: [
        setTimeout(function () {
          notice.hidden = false;
        }, PENDING_AFTER_MS),
        setTimeout(say, SLOW_AFTER_MS, "Searching…"),
      ],
    };
    const body = fields(box);
    setBusy(true);
    if (turns()) notice.scrollIntoView({ block: "nearest", behavior: "instant" });
    if (matchMedia("(pointer: coarse)").matches) field.blur();
    fetch(box.action, { method: "POST", body: body, headers: { Accept: "application/json" }, signal: giveUp })
      .then(function (response) {
        if (!response.ok) throw response;
        if (!(response.headers.get("Content-Type") || "").startsWith("application/json")) {
          if (response.redirected) return location.assign(response.url); // answered, but nothing can be stored
          return box.submit();
        }
        return response.json().then(function (made) {
          const isHere = turns() && new URL(made.url, location.href).pathname === location.pathname;
          if (!isHere) return location.assign(made.url);
          return read(made.url, { signal: giveUp }).then(function (found) {
            showAnswer(made.url, found.page);
          });
        });
      })
      .catch(failedBecause);
    return undefined;
  }

  // A box that was left while it searched can be used again when the page comes back.
  addEventListener("pageshow", function (event) {
    if (!event.persisted) return;
    if (document.querySelector("[data-swap], .step-form input[name=c]")) location.reload();
    else if (asking) {
      asking.notice.remove();
      settle();
    }
  });

  // The problem report: similar entries under the description, and how much of a field is used

  function report(form) {
    const place = form.querySelector("[data-similar-place]");
    const describing = Array.from(form.querySelectorAll("[data-similar]"));
    let timer = 0;
    let asked = "";
    let request = null;

    function show(html) {
      const found = new DOMParser().parseFromString(html, "text/html").body;
      if (place.contains(document.activeElement)) return; // somebody reads the last ones
      const count = found.querySelectorAll("[data-entry]").length;
      place.replaceChildren(...found.childNodes);
      if (count) say(plural(count, "similar entry", "similar entries") + " below the description.");
    }

    function askSimilar() {
      const text = describing
        .map(function (item) {
          return item.value.trim();
        })
        .join(" ")
        .slice(0, kb.LONGEST_QUESTION);
      if (text.length < SIMILAR_FROM || text === asked) return;
      asked = text;
      if (request) request.abort();
      request = new AbortController();
      const options = { method: "POST", body: new URLSearchParams({ q: text }), signal: request.signal };
      fetch(place.dataset.similarPlace, options)
        .then(function (response) {
          return response.ok ? response.text() : Promise.reject(new Error("no similar entries"));
        })
        .then(show)
        .catch(function () {
          // the report can be written without
        });
    }

    form.addEventListener("input", function (event) {
      if (event.target.dataset.limit) kb.countCharacters(event.target);
      if (!describing.includes(event.target)) return;
      clearTimeout(timer);
      timer = setTimeout(askSimilar, SIMILAR_AFTER_MS);
    });
  }

  // What the server would offer while somebody types.
  function findSuggestions(text, signal) {
    const talk = box.querySelector("input[name=c]");
    const query = new URLSearchParams({ q: text, c: talk ? talk.value : "" });
    return fetch((box.dataset.suggest || "/suggest") + "?" + query, { signal: signal })
      .then(function (response) {
        return response.ok ? response.json() : [text, [], [], []];
      })
      .then(function (answer) {
        return answer[1].map(function (title, place) {
          return { title: title, url: answer[3][place] };
        });
      });
  }

  // Reading pages are the same for everybody; that somebody of the support team reads them, only their browser knows.
  function nameStaffLink() {
    const link = document.querySelector("[data-staff-link]");
    if (link && /(^|; )kb_staff=1(;|$)/.test(document.cookie)) link.textContent = "Inbox";
  }

  kb.equip(document);
  nameStaffLink();
  document.addEventListener("submit", changeInPlace);
  document.querySelectorAll("form#report").forEach(report);
  if (box && box.method === "post") {
    suggestions = kb.suggestions(field, findSuggestions);
    box.addEventListener("submit", ask);
    kb.boxKeys(box, field, logField);
  }
})((globalThis.kb = globalThis.kb || {}));
