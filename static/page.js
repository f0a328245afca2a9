// Shortens the path of what every page can do without it: asking and feedback in place, suggestions while typing, keyboard
// shortcuts, Copy buttons. When a step here fails, the form is sent as if this had never run.
(function () {
  "use strict";

  const SAID_FOR_MS = 1000; // how long the status line keeps a message
  const COPIED_FOR_MS = 2000; // how long a button says that it copied
  const SUGGEST_AFTER_MS = 150; // without a key
  const SUGGEST_FROM = 2; // characters
  const PENDING_AFTER_MS = 300;
  const SLOW_AFTER_MS = 800; // then "Searching…" is spoken too
  const GIVE_UP_AFTER_MS = 10000;
  const SLOWEST_BYTES_PER_MS = 20; // of attached files on their way, before giving up
  const LONGEST_QUESTION = 500; // characters; longer pastes belong into the log field
  const SIMILAR_AFTER_MS = 800; // without a key
  const SIMILAR_FROM = 12; // characters
  const COUNT_FROM = 0.8; // of a field's limit
  const SHORTCUTS_KEY = "kb-shortcuts";
  const status = document.getElementById("page-status");
  let saidTimer = 0;

  // Small things

  function say(message) {
    if (!status || !message) return;
    clearTimeout(saidTimer);
    status.textContent = message;
    saidTimer = setTimeout(function () {
      status.textContent = "";
    }, SAID_FOR_MS);
  }

  function make(name, properties, children) {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...(children || []));
    return element;
  }

  function plural(count, one, many) {
    return count + " " + (count === 1 ? one : many);
  }

  // Copying

  // Where the clipboard is not offered: pages that are not served over HTTPS.
  function copyBySelection(text) {
    const field = make("textarea", { value: text, readOnly: true, className: "visually-hidden" });
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("copying was refused"));
  }

  function copy(text) {
    if (!navigator.clipboard) return copyBySelection(text);
    return navigator.clipboard.writeText(text).catch(function () {
      return copyBySelection(text);
    });
  }

  function copyButton(read) {
    const button = make("button", { type: "button", className: "button copy", textContent: "Copy" });
    button.addEventListener("click", function () {
      copy(read()).then(
        function () {
          button.focus();
          button.textContent = "Copied";
          say("Copied.");
          setTimeout(function () {
            button.textContent = "Copy";
          }, COPIED_FOR_MS);
        },
        function () {
          say("Not copied. Select the text and copy it by hand.");
        },
      );
    });
    return button;
  }

  // Gives what stands in `root` the buttons that only work with this script.
  function equip(root) {
    root.querySelectorAll(".code").forEach(function (block) {
      const code = block.querySelector("pre");
      if (!code || block.querySelector(".copy")) return;
      block.append(
        copyButton(function () {
          return code.textContent;
        }),
      );
    });
    root.querySelectorAll("textarea[data-copy]").forEach(function (field) {
      const actions = field.parentElement.querySelector(".actions");
      if (!actions || actions.querySelector(".copy")) return;
      actions.prepend(
        copyButton(function () {
          return field.value;
        }),
      );
    });
  }

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
      equip(document.getElementById(id));
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

  // The button to keep the focus on, after what held it was made anew.
  function twin(button, home) {
    const same = Array.from(home.querySelectorAll("button, a")).find(function (item) {
      return item.name === button.name && item.value === button.value && item.textContent === button.textContent;
    });
    return same || home.querySelector("button, a, summary");
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
        const kept = button && changed && twin(button, changed);
        if (kept) kept.focus({ preventScroll: true });
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
    if ((!question && !logField.value.trim()) || question.length > LONGEST_QUESTION) return undefined;
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

  function paste(event) {
    const text = event.clipboardData.getData("text").trim();
    if (!/[\r\n]/.test(text) && text.length <= LONGEST_QUESTION) return;
    event.preventDefault();
    logField.value += (logField.value ? "\n" : "") + text;
    logField.closest("details").open = true;
    say("What you pasted is in the log field.");
  }

  // Suggestions: a combobox with a list, as WAI-ARIA describes it; the text stays what was typed.
  const suggestions = (function () {
    const list = make("ul", { id: "box-suggestions", className: "suggestions", hidden: true });
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
      if (field) {
        field.setAttribute("aria-expanded", "false");
        field.removeAttribute("aria-activedescendant");
      }
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

    function show(titles, urls) {
      found = titles.map(function (title, place) {
        return { title: title, url: urls[place] };
      });
      if (!found.length) return close();
      list.replaceChildren(
        ...found.map(function (item, place) {
          const option = make("li", { id: "box-option-" + place, textContent: item.title });
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
      say(plural(found.length, "matching question.", "matching questions."));
      return undefined;
    }

    function look() {
      const text = field.value.trim();
      const talk = box.querySelector("input[name=c]");
      if (request) request.abort();
      request = new AbortController();
      fetch("/suggest?" + new URLSearchParams({ q: text, c: talk ? talk.value : "" }), { signal: request.signal })
        .then(function (response) {
          return response.ok ? response.json() : [text, [], [], []];
        })
        .then(function (answer) {
          if (field.value.trim() === text && document.activeElement === field && !asking) show(answer[1], answer[3]);
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

    function start() {
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
    }

    return { close: close, start: start };
  })();

  // Shortcuts

  const shortcuts = (function () {
    const toggle = make("input", { type: "checkbox", id: "shortcuts-on" });
    const close = make("button", { type: "button", className: "button", textContent: "Close" });
    const dialog = make("dialog", { className: "shortcuts" }, [
      make("h2", { id: "shortcuts-title", textContent: "Keyboard shortcuts", tabIndex: -1 }),
      make("dl", {}, [].concat(...[
        ["/ or Ctrl+K", "Go to the box"],
        ["?", "Show this list"],
        ["Esc", "Close suggestions; a second press clears the box"],
        ["Ctrl+Enter", "Ask, from the log field"],
      ].map(function (pair) {
        return make("div", {}, [make("dt", {}, [make("kbd", { textContent: pair[0] })]), make("dd", { textContent: pair[1] })]);
      }))),
      make("p", { className: "check" }, [toggle, make("label", { htmlFor: toggle.id, textContent: "Use / and Ctrl+K and ? as shortcuts" })]),
      close,
    ]);

    let kept = "on"; // where the browser keeps nothing, the choice holds for this page

    function isOn() {
      try {
        kept = localStorage.getItem(SHORTCUTS_KEY) || kept;
      } catch {}
      return kept !== "off";
    }

    function isTyping(target) {
      return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
    }

    function open() {
      toggle.checked = isOn();
      dialog.showModal(); // closing it gives the focus back to the opener
      dialog.firstChild.focus();
    }

    function key(event) {
      if (!isOn() || event.altKey || event.isComposing || isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const withControl = event.ctrlKey || event.metaKey;
      if (withControl ? event.key.toLowerCase() === "k" && !event.shiftKey : event.key === "/") {
        if (!field) return;
        event.preventDefault();
        field.focus();
        field.select();
      } else if (event.key === "?" && !withControl) {
        event.preventDefault();
        open();
      }
    }

    function start() {
      const footer = document.querySelector(".site-footer .container");
      const button = make("button", { type: "button", className: "text-button", textContent: "Keyboard shortcuts" });
      dialog.setAttribute("aria-labelledby", "shortcuts-title");
      button.addEventListener("click", open);
      close.addEventListener("click", function () {
        dialog.close();
      });
      toggle.addEventListener("change", function () {
        kept = toggle.checked ? "on" : "off";
        try {
          localStorage.setItem(SHORTCUTS_KEY, kept);
        } catch {}
      });
      document.addEventListener("keydown", key);
      if (footer) footer.append(button);
      document.body.append(dialog);
    }

    return { start: start };
  })();

  // Links to a page that asks something open it as a dialog; its own buttons close it, and the focus returns to the link.
  function openDialog(event) {
    const link = event.target.closest("a[data-dialog]");
    const dialog = link && document.getElementById(link.dataset.dialog);
    if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    dialog.showModal();
  }

  // The whole address of the page, and the day, for its print.
  function datePrint() {
    const language = document.documentElement.lang;
    const day = new Date().toLocaleDateString(language === "en" ? "en-GB" : language, { dateStyle: "long" });
    document.querySelectorAll(".printed").forEach(function (line) {
      line.dataset.address = line.dataset.address || new URL(line.textContent.trim(), location.href).href;
      line.textContent = line.dataset.address + ", " + day;
    });
  }

  // Browsers that cannot open disclosures by style when printing.
  function openForPrint() {
    let opened = [];
    addEventListener("beforeprint", function () {
      opened = Array.from(document.querySelectorAll("details:not([open])"));
      opened.forEach(function (item) {
        item.open = true;
      });
    });
    addEventListener("afterprint", function () {
      opened.forEach(function (item) {
        item.open = false;
      });
    });
  }

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
        .slice(0, LONGEST_QUESTION);
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

    function count(item) {
      const limit = Number(item.dataset.limit);
      const id = item.id + "-count";
      let hint = document.getElementById(id);
      if (item.value.length < COUNT_FROM * limit) {
        if (hint) hint.textContent = "";
        return;
      }
      if (!hint) {
        hint = make("p", { id: id, className: "hint" });
        item.after(hint);
      }
      hint.textContent =
        item.value.length.toLocaleString("en") + " of " + limit.toLocaleString("en") + " characters used";
    }

    form.addEventListener("input", function (event) {
      if (event.target.dataset.limit) count(event.target);
      if (!describing.includes(event.target)) return;
      clearTimeout(timer);
      timer = setTimeout(askSimilar, SIMILAR_AFTER_MS);
    });
  }

  // Sends the report's forms so that the page stays when the server does not answer.
  function sendInPlace(form) {
    const actions = form.querySelector(".actions");
    const button = actions.querySelector("button[type=submit]");
    const address = form.getAttribute("action"); // a field may be called "action"
    const kept = form.querySelector("input[type=hidden][name=text]");
    let notice = null;
    let timers = [];

    function settle() {
      timers.forEach(clearTimeout);
      button.removeAttribute("aria-disabled");
      if (notice) notice.remove();
      notice = null;
    }

    // The report to copy: as the server wrote it, or what is typed so far.
    function text() {
      if (kept) return kept.value + "\n";
      return Array.from(form.querySelectorAll("[data-limit]"))
        .filter(function (item) {
          return item.value.trim();
        })
        .map(function (item) {
          return item.labels[0].firstChild.textContent.trim() + "\n\n" + item.value.trim() + "\n";
        })
        .join("\n");
    }

    function fail(message) {
      const again = make("button", { type: "button", className: "button", textContent: "Try again" });
      const file = make("a", { className: "button", textContent: "Download as text", download: "problem-report.txt" });
      again.addEventListener("click", function () {
        button.focus();
        form.requestSubmit(button);
      });
      file.href = URL.createObjectURL(new Blob([text()], { type: "text/plain" }));
      settle();
      notice = make("div", { className: "pending failed" }, [
        make("p", { textContent: message }),
        make("p", { className: "actions" }, [again, copyButton(text), file]),
      ]);
      actions.after(notice);
      say(message);
    }

    function failedBecause(reason) {
      if (reason.name === "TimeoutError") return fail("Sending took too long. Your report is still on this page.");
      if (!navigator.onLine) return fail("No connection. Your report is still on this page.");
      return fail("The report could not be sent. It is still on this page.");
    }

    function arrived(response) {
      if (response.redirected) return location.assign(response.url);
      if (response.status === 429) {
        const seconds = Number(response.headers.get("Retry-After")) || 60;
        const wait = seconds < 120 ? plural(seconds, "second", "seconds") : Math.round(seconds / 60) + " minutes";
        return fail("Too many reports at once. Try again in " + wait + ".");
      }
      if (response.status >= 500) return failedBecause(response);
      return HTMLFormElement.prototype.submit.call(form); // the page that comes says what to mend
    }

    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (button.hasAttribute("aria-disabled")) return;
      const body = form.matches("[enctype]") ? new FormData(form) : fields(form);
      let bytes = 0;
      form.querySelectorAll("input[type=file]").forEach(function (item) {
        for (const file of item.files) bytes += file.size;
      });
      settle();
      const waiting = (notice = make("div", { className: "pending", hidden: true }, [make("p", { textContent: "Sending…" })]));
      actions.after(notice);
      button.setAttribute("aria-disabled", "true");
      timers = [
        setTimeout(function () {
          waiting.hidden = false;
        }, PENDING_AFTER_MS),
        setTimeout(say, SLOW_AFTER_MS, "Sending…"),
      ];
      const signal = AbortSignal.timeout(GIVE_UP_AFTER_MS + bytes / SLOWEST_BYTES_PER_MS);
      fetch(address, { method: "POST", body: body, signal: signal }).then(arrived, failedBecause);
    });
    addEventListener("pageshow", function (event) {
      if (event.persisted) settle();
    });
  }

  // What stands in another form goes along with this one.
  function bring(form) {
    form.addEventListener("formdata", function (event) {
      const own = new Set(event.formData.keys());
      for (const [name, value] of new FormData(document.getElementById(form.dataset.brings))) {
        if (!own.has(name)) event.formData.append(name, value);
      }
    });
  }

  // Reading pages are the same for everybody; that somebody of the support team reads them, only their browser knows.
  function nameStaffLink() {
    const link = document.querySelector("[data-staff-link]");
    if (link && /(^|; )kb_staff=1(;|$)/.test(document.cookie)) link.textContent = "Inbox";
  }

  equip(document);
  nameStaffLink();
  shortcuts.start();
  document.addEventListener("click", openDialog);
  document.querySelectorAll("form[data-sends]").forEach(sendInPlace);
  document.querySelectorAll("form[data-brings]").forEach(bring);
  document.addEventListener("submit", changeInPlace);
  document.querySelectorAll("form#report").forEach(report);
  addEventListener("beforeprint", datePrint);
  if (!CSS.supports("selector(details::details-content)")) openForPrint();
  if (box && box.method === "post") {
    suggestions.start();
    box.addEventListener("submit", ask);
    field.addEventListener("paste", paste);
    logField.addEventListener("keydown", function (event) {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      box.requestSubmit(askButton);
    });
  }
})();
