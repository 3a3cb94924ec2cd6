"use strict";
// Copies of the tables and pictures of the figures: the very texts that `limbeck report --figures` writes.
(() => {
  const exports = JSON.parse(document.getElementById("exports").textContent);

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {  // a browser that keeps the clipboard from pages on disk still copies what is selected
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };

  for (const line of document.querySelectorAll(".copies")) {
    line.hidden = false;
    const status = line.querySelector("[role=status]");
    line.addEventListener("click", async (event) => {
      const { table, kind } = event.target.dataset;
      if (!table) return;
      const text = exports.tables[table][kind];
      const done = await copy(text);
      line.querySelector("textarea")?.remove();
      status.textContent = done ? "copied" : "this browser lets no page copy; take it from here:";
      if (done) return;
      const area = document.createElement("textarea");
      Object.assign(area, { value: text, readOnly: true, rows: 8 });
      area.setAttribute("aria-label", "The table as text");
      line.append(area);
      area.select();
    });
  }

  const narrow = document.getElementById("narrow");
  const rows = document.querySelectorAll("table.results tbody tr");
  if (narrow && rows.length > 2) {
    narrow.hidden = false;
    narrow.querySelector("input").addEventListener("input", (event) => {
      const wanted = event.target.value.trim().toLowerCase();
      for (const row of rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    });
  }

  for (const button of document.querySelectorAll("[data-figure]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const name = button.dataset.figure;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([exports.figures[name]], { type: "image/svg+xml" }));
      link.download = `${name}.svg`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }
})();
