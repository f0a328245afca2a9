// Feedback on an entry: two buttons, what was said, and what to do next when it did not help.
(function (kb) {
  "use strict";

  // The group for an entry. view: { id, entry, isProblem, guide, next }; guide and next may be null.
  // guide: { id, title, steps }; next: { id, title } of the entry to look at next.
  kb.feedbackGroup = function (talk, view) {
    const verdict = kb.verdictOn(talk, "entry", view.entry);
    const name = (view.isProblem ? "problem-" : "info-") + (verdict ? verdict.verdict : "open");
    const root = kb.cloned("feedback-" + name).firstElementChild;
    const ways = root.querySelectorAll(".next-ways > li"); // the guide, the next entry, the box, the report
    if (ways.length) {
      if (view.guide) {
        ways[0].querySelector(".count").textContent = "· " + kb.plural(view.guide.steps, "step", "steps");
        kb.fill(ways[0], { guide: view.guide.id, guide_title: view.guide.title });
      } else ways[0].remove();
      if (view.next) kb.fill(ways[1], { other: view.next.id, other_title: view.next.title });
      else ways[1].remove();
      showReason(root, verdict);
    }
    return kb.fill(root, { feedback: view.id, id: view.entry });
  };

  function showReason(root, verdict) {
    const radios = Array.from(root.querySelectorAll("input[name=reason]"));
    radios.forEach(function (radio) {
      radio.checked = radio.value === verdict.reason;
    });
    root.querySelector("input[name=note]").value = verdict.note;
    root.querySelector(".reason").open = Boolean(verdict.reason || verdict.note);
  }

  // The conversation after a press in the group. title: of the entry.
  kb.takeFeedback = function (talk, form, button, title) {
    const values = new FormData(form);
    const target = values.get("target");
    const word = button && button.name === "verdict" ? button.value : values.get("verdict");
    if (word === "undo") return kb.undoVerdict(talk, "entry", target);
    const said = { kind: "entry", target: target, verdict: word, text: title };
    return kb.setVerdict(talk, Object.assign(said, { reason: values.get("reason") || "", note: values.get("note") || "" }));
  };
})((globalThis.kb = globalThis.kb || {}));
