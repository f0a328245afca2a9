// Sending the problem report so that nothing is lost when the server does not answer.
(function (kb) {
  "use strict";

  const PENDING_AFTER_MS = 300;
  const SLOW_AFTER_MS = 800; // then "Sending…" is spoken too
  const GIVE_UP_AFTER_MS = 10000;
  const SLOWEST_BYTES_PER_MS = 20; // of attached files on their way, before giving up
  const make = kb.make;
  const plural = kb.plural;
  const say = kb.say;

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
        make("p", { className: "actions" }, [again, kb.copyButton(text), file]),
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
      const body = form.matches("[enctype]") ? new FormData(form) : new URLSearchParams(new FormData(form));
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

  document.querySelectorAll("form[data-sends]").forEach(sendInPlace);
  document.querySelectorAll("form[data-brings]").forEach(bring);
})((globalThis.kb = globalThis.kb || {}));
