// What you have tried: each item can be taken out and put back; a report is filled in with the rest.
(function (kb) {
  "use strict";

  // The panel for a conversation.
  kb.triedPanel = function (talk) {
    const items = kb.triedItems(talk);
    const kept = items.filter((item) => !item.isRemoved);
    const gone = items.filter((item) => item.isRemoved);
    const root = kb.cloned("tried").firstElementChild;
    const samples = {};
    ["question", "entry", "step"].forEach(function (kind) {
      samples[kind] = root.querySelector(".tried-" + kind);
    });
    const list = samples.question.parentElement;
    if (kept.length) list.replaceChildren(...kept.map((item) => line(samples[item.kind].cloneNode(true), item)));
    else list.replaceWith(kb.cloned("tried-empty").querySelector("p.meta"));
    const removed = root.querySelector(".tried-removed");
    const sample = removed.querySelector("li");
    removed.replaceChildren(
      ...gone.map(function (item) {
        return kb.fill(sample.cloneNode(true), { key: item.key, text: kb.clip(item.text, 60) });
      }),
    );
    if (!gone.length) removed.remove();
    return root;
  };

  function line(root, item) {
    const [guide, step] = item.target.split("/");
    const button = root.querySelector("button");
    kb.fill(button.parentElement, { key: item.key, text: kb.clip(item.text, 60) });
    if (item.kind === "question") {
      const link = root.querySelector("a");
      link.href = link.getAttribute("href").replace(/turn-0$/, "turn-" + item.target);
    }
    const text = item.kind === "question" ? kb.clip(item.text, 90) : item.text;
    return kb.fill(root, { id: item.target, guide: guide, step: step, text: text, outcome: item.outcome });
  }

  // The conversation after a press in the panel.
  kb.takeTried = function (talk, form, button) {
    return kb.setRemoved(talk, new FormData(form).get("key"), button.value === "remove");
  };
})((globalThis.kb = globalThis.kb || {}));
