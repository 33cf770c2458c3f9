(function () {
  const list = document.getElementById("features"), rows = Array.from(list.children);
  const field = (name) => document.getElementById(name);
  const tiles = Array.from(document.querySelectorAll("button[data-alarm]"));
  function fits(row) {
    const data = row.dataset, words = field("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = field("kept").value, alarm = field("alarm").value;
    return words.every((word) => data.search.includes(word))
      && (!field("family").value || data.family === field("family").value)
      && (!field("group").value || data.group === field("group").value)
      && (!alarm || data.alarms.split(" ").includes(alarm))
      && (!kept || (kept === "1" ? data.kept === "1" : data.reason === kept));
  }
  function show() {
    let count = 0;
    for (const row of rows) { row.hidden = !fits(row); count += !row.hidden; }
    field("shown").textContent = count + " / " + rows.length;
    field("none").hidden = count > 0;
    for (const tile of tiles) { tile.setAttribute("aria-pressed", tile.dataset.alarm === field("alarm").value); }
  }
  function sort() {
    const by = field("order").value, sign = by === "place" ? 1 : -1;
    rows.sort((one, other) => sign * (one.dataset[by] - other.dataset[by]) || one.dataset.place - other.dataset.place);
    list.append(...rows);
  }
  for (const name of ["words", "family", "group", "alarm", "kept"]) { field(name).addEventListener("input", show); }
  field("order").addEventListener("input", sort);
  for (const tile of tiles) {
    tile.addEventListener("click", () => {
      field("alarm").value = field("alarm").value === tile.dataset.alarm ? "" : tile.dataset.alarm;
      show();
    });
  }
  show();
})();
