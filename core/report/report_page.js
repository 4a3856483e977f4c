"use strict";
// Shows the entries in #data. All that comes from the report goes into the page as text (textContent) alone.
(function () {
  const kRows = 200;  // shown at once
  const entries = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const filters = byId("filters"), body = byId("list").tBodies[0], more = byId("more");
  const controls = {q: byId("q"), status: byId("status"), verity: byId("verity"), fs: byId("fs")};
  const known = ["ok", "damaged", "locked", "skipped", "error", "recovered"];
  // Invisible characters and those that change how others are shown, as html_text.cpp has them.
  /* Also blanks that a browser leaves out or that look like another. */
  const hidden = /^ | $| (?= )|[\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e01ef}]/gu;
  let found = [], shown = 0;

  function element(name, text, className) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) write(made, String(text));
    return made;
  }

  /** Puts text into an element, hidden characters as their numbers. */
  function write(into, text) {
    let from = 0;
    for (const match of text.matchAll(hidden)) {
      into.append(text.slice(from, match.index));
      const code = document.createElement("span");
      code.className = "u";
      code.textContent = "U+" + match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
      into.append(code);
      from = match.index + match[0].length;
    }
    into.append(text.slice(from));
  }

  function isolated(text) {
    const made = element("bdi", text);
    made.dir = "ltr";
    return made;
  }

  /** A path, none of whose names moves another one by its direction of writing. */
  function path_of(entry) {
    const made = element("span");
    if (entry.path === "") made.append("/");
    else entry.path.split("/").forEach((name, index) => made.append(index ? "/" : "", isolated(name)));
    return made;
  }

  function grouped(number) {
    return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
  }

  function size(bytes) {
    if (typeof bytes !== "number") return grouped(bytes) + " B";
    const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let value = bytes, unit = 0;
    for (; value >= 1024 && unit + 1 < units.length; ++unit) value /= 1024;
    return unit === 0 ? bytes + " B" : value.toFixed(1) + " " + units[unit];
  }

  function badge(status) {
    return element("strong", status, "badge" + (known.includes(status) ? " s-" + status : ""));
  }

  function cell(row, content, className) {
    const made = element("td", undefined, className);
    if (content !== undefined && content !== "") made.append(content);
    row.append(made);
  }

  function table(headings, rows) {
    const made = element("table", undefined, "plain ranges"), head = made.createTHead().insertRow(), rest = made.createTBody();
    for (const heading of headings) head.append(element("th", heading));
    for (const row of rows) {
      const line = rest.insertRow();
      for (const value of row) cell(line, isolated(typeof value === "number" ? grouped(value) : value));
    }
    const frame = element("div", undefined, "scroll");
    frame.append(made);
    return frame;
  }

  function facts(pairs) {
    const list = element("dl");
    for (const [name, value] of pairs) {
      list.append(element("dt", name));
      const line = element("dd");
      line.append(isolated(value === "" ? "(empty)" : value));
      list.append(line);
    }
    return list;
  }

  function left_out(into, count) {
    if (count) into.append(element("p", "And " + grouped(count) + " more, in the report."));
  }

  function detail(entry) {
    const cell = element("td");
    cell.colSpan = 6;
    const head = (text) => cell.append(element("h4", text));
    if (entry.problems) {
      head("Problems");
      const list = element("ul");
      for (const problem of entry.problems) {
        const line = element("li");
        line.append(isolated(problem));
        list.append(line);
      }
      cell.append(list);
      left_out(cell, entry.problems_more);
    }
    if (entry.pages !== undefined) {
      head("Pages");
      cell.append(element("p", (entry.bad_pages === undefined ? "" : grouped(entry.bad_pages) + " bad of ") + grouped(entry.pages)));
    }
    if (entry.bad) {
      head("Bad ranges");
      cell.append(table(["Offset", "Length", "Step", "Reason"], entry.bad));
      left_out(cell, entry.bad_more);
    }
    if (entry.verity !== undefined) {
      head("fs-verity");
      cell.append(facts([["status", entry.verity]].concat(entry.verity_facts || [])));
    }
    if (entry.tree) {
      head("Damaged blocks of the Merkle tree");
      cell.append(table(["Level", "Index", "Offset", "Length", "Covers from", "Covers", "Its hashes", "Reason"], entry.tree));
      left_out(cell, entry.tree_more);
    }
    if (entry.map !== undefined) {
      head("Block map");
      const map = byId("map-" + entry.map).querySelector("svg").cloneNode(true);
      const figure = element("div", undefined, "map");
      figure.append(map);
      cell.append(figure);
    }
    head("Facts");
    cell.append(facts(entry.facts || []));
    const row = element("tr", undefined, "detail");
    row.append(cell);
    return row;
  }

  function toggle(row, button, entry) {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) row.nextSibling.remove();
    else row.after(detail(entry));
  }

  function add_row(entry) {
    const row = element("tr", undefined, "row"), button = element("button", undefined, "path");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.append(path_of(entry));
    cell(row, button);
    cell(row, entry.type ? element("span", entry.type) : "");
    cell(row, entry.size === undefined ? "" : size(entry.size), "n");
    cell(row, badge(entry.status));
    cell(row, entry.verity === undefined ? "" : element("span", entry.verity));
    cell(row, entry.why === undefined ? "" : isolated(entry.why));
    row.addEventListener("click", () => {
      if (String(getSelection()) === "") toggle(row, button, entry);
    });
    body.append(row);
    return [row, button];
  }

  function show_more(count) {
    const end = Math.min(shown + count, found.length);
    for (; shown < end; ++shown) add_row(entries[found[shown]]);
    more.hidden = shown === found.length;
    more.textContent = "Show " + grouped(Math.min(kRows, found.length - shown)) + " more of " +
        grouped(found.length - shown);
  }

  function matches(entry) {
    const status = controls.status.value, verity = controls.verity.value;
    if (status === "!ok" ? entry.why === undefined : status && entry.status !== status) return false;
    if (verity === "none" ? entry.verity !== undefined : verity && entry.verity !== verity) return false;
    if (controls.fs.value && String(entry.fs) !== controls.fs.value) return false;
    return entry.path.toLowerCase().includes(controls.q.value.toLowerCase());
  }

  function apply() {
    found = [];
    entries.forEach((entry, index) => {
      if (matches(entry)) found.push(index);
    });
    body.textContent = "";
    shown = 0;
    byId("count").textContent = found.length === entries.length ? grouped(entries.length) + " listed entries"
        : grouped(found.length) + " of " + grouped(entries.length) + " listed entries";
    show_more(kRows);
  }

  /** #status=damaged&verity=mismatch&fs=0&q=TEXT sets the filters; &open=N opens the Nth row of what they leave. */
  function from_address() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    for (const name of Object.keys(controls)) controls[name].value = wanted.get(name) || "";
    apply();
    const row = body.children[Number(wanted.get("open")) - 1];
    if (row) row.querySelector("button.path").click();
  }

  function to_address() {
    const wanted = new URLSearchParams();
    for (const name of Object.keys(controls)) if (controls[name].value) wanted.set(name, controls[name].value);
    history.replaceState(null, "", "#" + wanted);
    apply();
  }

  function offer(select, values, words) {
    for (const value of values) {
      const option = element("option", words(value));
      option.value = value;
      select.append(option);
    }
  }

  const all = (key) => [...new Set(entries.map((entry) => entry[key]))].filter((value) => value !== undefined).sort();
  offer(controls.status, all("status"), (status) => status);
  offer(controls.verity, all("verity"), (verity) => verity);
  const filesystems = document.querySelectorAll("section.filesystem").length;
  if (filesystems > 1) {
    offer(controls.fs, [...Array(filesystems).keys()], (index) => String(index + 1));
    byId("fs-label").hidden = false;
  }
  let waiting;
  filters.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(to_address, 120);
  });
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("reset", () => setTimeout(to_address, 0));
  more.addEventListener("click", () => show_more(kRows));
  addEventListener("hashchange", from_address);
  filters.hidden = false;
  from_address();
  document.documentElement.setAttribute("data-ready", "");
})();
