(function () {
  "use strict";
  // Without this script every finding is shown and nothing is lost but the filter.
  var bar = document.getElementById("filters");
  var table = document.getElementById("findings-table");
  if (!bar || !table) { return; }
  var severity = document.getElementById("filter-severity");
  var gate = document.getElementById("filter-gate");
  var text = document.getElementById("filter-text");
  var count = document.getElementById("filter-count");
  var whole = count.textContent;
  var rows = Array.prototype.map.call(table.tBodies[0].rows, function (row) {
    return { row: row, severity: row.dataset.severity, gate: row.dataset.gate, text: row.textContent.toLowerCase() };
  });
  var waiting = 0;
  function filter() {
    var wanted = text.value.trim().toLowerCase();
    var shown = 0;
    rows.forEach(function (entry) {
      var fits = (!severity.value || entry.severity === severity.value) &&
        (!gate.value || entry.gate === gate.value) &&
        (!wanted || entry.text.indexOf(wanted) >= 0);
      entry.row.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    count.textContent = shown === rows.length ? whole : shown + " of " + rows.length + " listed match the filter";
  }
  function clear() {
    severity.value = "";
    gate.value = "";
    text.value = "";
    filter();
  }
  severity.addEventListener("change", filter);
  gate.addEventListener("change", filter);
  text.addEventListener("input", function () {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  // A link to a row must find it.
  window.addEventListener("hashchange", function () {
    var target = document.getElementById(location.hash.slice(1));
    if (target && target.hidden) { clear(); target.scrollIntoView(); }
  });
  bar.hidden = false;
  filter();
}());
