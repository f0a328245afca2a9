// The example page's own script: when its check fails, it offers help with what is known about the failure.
(function () {
  "use strict";

  const outcome = document.getElementById("outcome");

  document.getElementById("domain").addEventListener("submit", function (event) {
    event.preventDefault();
    const name = document.getElementById("name").value.trim() || "www.example.com";
    const log = "curl: (7) Failed to connect to " + name + " port 443: Connection refused";
    outcome.textContent = "The check failed.";
    (window.HelpWidget = window.HelpWidget || []).push(["open", { question: "Why is the connection refused?", log: log }]);
  });

  document.addEventListener("help:solved", function () {
    outcome.textContent = "Good. Check again when you are ready.";
  });
})();
