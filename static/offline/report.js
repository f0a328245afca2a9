// The problem report of the copy: a form filled in from the conversation, then its text to copy, download or mail.
(function (kb) {
  "use strict";

  const LONGEST_MAIL = 1800; // characters of a mailto address; some mail programs cut longer ones off

  // Gives the page of the report its form. page: the element that holds it.
  kb.startReport = function (page) {
    const home = page.querySelector(".report") || page;
    const byHand = home.querySelector("section[aria-labelledby=form-title]");
    const shown = kb.cloned("report-form").firstElementChild;
    const form = shown.querySelector("form");
    const fields = JSON.parse(form.dataset.fields);
    let checked = null; // the page that follows the form, while it is shown
    let lastFilling = {}; // what the conversation last filled in

    byHand.before(shown);
    kb.drop(page, "section[aria-labelledby=fields-title]"); // the form says how to fill in each field
    kb.equip(shown);
    page.querySelectorAll('a[href$="#fields-title"]').forEach((link) => link.closest("li").remove());
    renameByHand();
    fillIn();

    // The template to fill in elsewhere comes second now.
    function renameByHand() {
      byHand.querySelector("h2").textContent = "Write it yourself";
      kb.drop(byHand, ".markdown-alert-warning");
      page.querySelectorAll('a[href$="#form-title"]').forEach((link) => (link.textContent = "Write it yourself"));
    }

    // What the conversation says now, in fields that nobody changed since it was last filled in.
    function fillIn() {
      const filling = kb.reportFilling(kb.recall());
      ["question", "tried", "log"].forEach(function (name) {
        const field = form.elements[name];
        if (field.value === (lastFilling[name] || "")) field.value = filling[name];
      });
      lastFilling = filling;
      kb.drop(shown, ".filled-from");
      if (filling.from) shown.querySelector("h2").after(kb.fill(kb.cloned("report-note"), { from: filling.from }));
    }

    function values() {
      return Object.fromEntries(fields.map((field) => [field.id, form.elements[field.id].value]));
    }

    function hasCrashed() {
      const chosen = form.querySelector("input[name=core-dump]:checked");
      return Boolean(chosen) && chosen.value === "yes";
    }

    form.addEventListener("input", function (event) {
      if (event.target.dataset.limit) kb.countCharacters(event.target);
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      kb.openSecrets().then(function () {
        const masked = kb.maskReport(values());
        const problems = kb.checkReport(fields, masked, hasCrashed());
        clearProblems();
        if (problems.length) showProblems(problems);
        else showCheck(masked);
      });
    });

    // What has to be mended

    function clearProblems() {
      document.title = document.title.replace(/^Error: /, "");
      kb.drop(page, ".error-summary, .field-error");
      form.querySelectorAll(".field-bad").forEach((item) => item.classList.remove("field-bad"));
      form.querySelectorAll("[aria-invalid]").forEach(function (field) {
        field.removeAttribute("aria-invalid");
        const kept = (field.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && !/-error\d+$/.test(id));
        if (kept.length) field.setAttribute("aria-describedby", kept.join(" "));
        else field.removeAttribute("aria-describedby");
      });
    }

    function markField(problem, number) {
      const field = document.getElementById("report-" + problem.field);
      const error = kb.make("p", { id: field.id + "-error" + number, className: "field-error" }, [
        kb.make("span", { className: "visually-hidden", textContent: "Error: " }),
        problem.message,
      ]);
      field.before(error);
      field.closest(".field").classList.add("field-bad");
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), error.id].filter(Boolean).join(" "));
      const link = kb.make("a", { href: "#" + field.id, textContent: problem.message });
      link.addEventListener("click", function (event) {
        event.preventDefault();
        field.focus();
      });
      return kb.make("li", {}, [link]);
    }

    function showProblems(problems) {
      const list = kb.make("ul", {}, problems.map((problem, place) => markField(problem, place + 1)));
      const summary = kb.make("div", { className: "error-summary", tabIndex: -1 }, [
        kb.make("h2", { id: "error-summary-title", textContent: "There is a problem" }),
        list,
      ]);
      summary.setAttribute("role", "alert");
      summary.setAttribute("aria-labelledby", "error-summary-title");
      home.prepend(summary);
      document.title = "Error: " + document.title;
      summary.focus();
    }

    // The whole text

    function showCheck(masked) {
      const root = kb.cloned("report-check").firstElementChild;
      showRows(root, masked);
      const notes = Object.values(kb.secretRules.removed);
      const hasMasked = Object.values(masked).some((value) => notes.some((note) => value.includes(note)));
      if (!hasMasked) kb.drop(root, ".masked-note");
      const texts = { md: kb.reportMarkdown(fields, masked), txt: kb.reportText(fields, masked) };
      root.querySelector("#report-text").value = texts.md;
      root.querySelectorAll("[data-download]").forEach(function (button) {
        button.addEventListener("click", () => download("problem-report." + button.dataset.download, texts[button.dataset.download]));
      });
      showMail(root, texts.txt);
      root.querySelector("[data-back]").addEventListener("click", () => back(""));
      checked = root;
      hideForm(true);
      home.append(root);
      kb.equip(root);
      document.title = "Check your report · " + document.title;
      scrollTo(0, 0);
      root.querySelector("h1").focus();
    }

    // Back to the form, to a field of it where one is named.
    function back(id) {
      checked.remove();
      checked = null;
      hideForm(false);
      document.title = document.title.replace(/^Check your report · /, "");
      const field = document.getElementById(id) || form.querySelector("button[type=submit]");
      field.focus();
    }

    function hideForm(isHidden) {
      const side = page.querySelector(".side-column"); // its links lead into what is hidden
      [...home.children, side].forEach((item) => item && (item.hidden = isHidden));
    }

    function showRows(root, masked) {
      const samples = root.querySelectorAll(".review > div"); // a sentence, output of programs, nothing
      const words = kb.words.report;
      const made = [];
      fields.forEach(function (field) {
        const value = (masked[field.id] || "").trim();
        if (field.required === "core-dump") {
          made.push(row(samples[0], words.crash_question, words.crash[hasCrashed() ? 1 : 0], "report-core-dump"));
          if (!value) return;
        }
        made.push(row(samples[value ? (field.is_code ? 1 : 0) : 2], field.label, value, "report-" + field.id));
      });
      root.querySelector(".review").replaceChildren(...made);
    }

    function row(sample, label, value, id) {
      const made = sample.cloneNode(true);
      kb.fill(made, { label: label, value: value });
      made.querySelector(".change a").addEventListener("click", function (event) {
        event.preventDefault();
        back(id);
      });
      return made;
    }

    function showMail(root, text) {
      const link = root.querySelector("[data-mail]");
      const subject = encodeURIComponent(root.ownerDocument.querySelector("h1").textContent.trim());
      const address = "mailto:?subject=" + subject + "&body=" + encodeURIComponent(text.replace(/\n/g, "\r\n"));
      if (address.length > LONGEST_MAIL) return link.remove();
      link.href = address;
      return kb.drop(root, "[data-mail-hint]");
    }

    function download(name, text) {
      const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
      const link = kb.make("a", { href: address, download: name });
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(address), 10000);
      kb.say("Downloaded as " + name + ".");
    }

    addEventListener("pageshow", (event) => event.persisted && fillIn());
    if (kb.isSingle) addEventListener("hashchange", fillIn);
  };
})((globalThis.kb = globalThis.kb || {}));
