// The desk's map: what the controls ask for is fetched, the sheets draw it. Everything from outside becomes text nodes only.
(() => {
  "use strict";
  const { Sheet, cellArrays, colours, drawAlarms, drawCells, drawEnterprises, drawFlags, drawForm, drawGridList, drawGrids, drawOutlines, outlineArrays, worldX, worldY } =
    window.sheets;
  const frame = document.getElementById("map");
  const { root, at, city, grid: askedGrid, list: askedList, box: askedBox, tiles, attribution } = frame.dataset;
  const words = JSON.parse(frame.dataset.words);
  const names = JSON.parse(frame.dataset.names);
  const named = (name) => names[name] || name; // as the reader calls it
  const control = (name) => document.getElementById(`map-${name}`);
  const [day, span, state, step, now, status, here, list, count, play] =
    ["day", "span", "state", "step", "now", "status", "here", "list", "count", "play"].map(control);
  const MOST_LISTED = 60;
  const KEPT_HOURS = 26;
  const MARGIN = 0.3; // of what is seen, asked for around it
  const FRAME_MS = 700;
  const FAINT = 0.35; // how much of an alarm is seen that is not of the page's own unit or grid
  const NEAR_ZOOM = 8.5; // from here on outlines are asked for more exactly, around what is seen

  // The small map of a page lists the alarms of its unit or grid alone; the large one lists every one.
  const isOwn = (alarm) => !askedBox || (askedGrid ? alarm.grid_id === askedGrid : alarm.unit_code === city);
  const unitName = (code) => named(data.outlines.find((one) => one.unit_code === code)?.unit_name || "");
  const EVERYWHERE = L.latLngBounds([[-90, -360], [90, 360]]);
  const map = L.map(frame, { attributionControl: Boolean(tiles), zoomAnimation: false, fadeAnimation: false, minZoom: 3, maxZoom: 17, zoomSnap: 0.5 });
  if (askedBox) {
    const [west, south, east, north] = askedBox.split(",").map(Number);
    map.fitBounds([[south, west], [north, east]], { animate: false });
  } else map.setView([36.5, 115], 6);
  if (tiles) {
    // An attribution is HTML to Leaflet: it gets the text escaped.
    const holder = document.createElement("i");
    holder.textContent = attribution;
    L.tileLayer(tiles, { attribution: holder.innerHTML, maxZoom: 17 }).addTo(map);
    map.attributionControl.setPrefix(false);
  }

  const data = { outlines: [], flags: {}, cells: null, grids: [], gridList: [], listId: 0, enterprises: [], alarms: [], shown: [] };
  const troubles = new Map(); // by layer: what its reader must know
  const sheets = {};
  const drawn = {
    flags: (context, view) => drawFlags(context, view, data.outlines, data.flags),
    cells: (context, view) => data.cells && drawCells(context, view, data.cells),
    outlines: (context, view) => drawOutlines(context, view, data.outlines),
    grid_list: (context, view) => drawGridList(context, view, data.gridList),
    grids: (context, view) => drawGrids(context, view, data.grids),
    enterprises: (context, view) => drawEnterprises(context, view, data.enterprises),
    alarms: (context, view) => {
      // The page's own stand out and lie on top; those of the neighbours are faint.
      context.globalAlpha = FAINT;
      drawAlarms(context, view, data.shown.filter((alarm) => !isOwn(alarm)));
      context.globalAlpha = 1;
      drawAlarms(context, view, data.shown.filter(isOwn));
    },
  };
  Object.entries(drawn).forEach(([name, draw], place) => {
    const pane = map.createPane(name);
    pane.style.zIndex = String(401 + place);
    pane.style.pointerEvents = "none";
    sheets[name] = new Sheet(name, draw);
  });

  const say = (layer, text) => {
    if (text) troubles.set(layer, text);
    else troubles.delete(layer);
    status.textContent = [...new Set(troubles.values())].join(" · ");
  };

  const waiting = {}; // by layer: the request that is under way; a newer one ends it
  const ask = async (layer, query, boxed) => {
    waiting[layer]?.abort();
    const own = (waiting[layer] = new AbortController());
    const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
    if (boxed) asked.set("box", boxed);
    say(layer, words.loading);
    try {
      const answer = await fetch(`${root}/map/${layer}.json?${asked}`, { signal: own.signal, credentials: "same-origin" });
      if (!answer.ok) throw new Error(`${answer.status} ${(await answer.text()).slice(0, 200)}`);
      const told = await answer.json();
      const notes = [];
      if (told.left_off) notes.push(`${told.left_off} ${words.left_off}`);
      if (told.without_place) notes.push(`${told.without_place} ${words.no_place}`);
      say(layer, notes.join(" · "));
      return told;
    } catch (error) {
      if (error.name !== "AbortError") say(layer, `${words.failed}${error.message}`);
      return null;
    }
  };

  const box = () => {
    const bounds = map.getBounds().pad(MARGIN);
    const sides = [Math.max(bounds.getWest(), -180), Math.max(bounds.getSouth(), -90), Math.min(bounds.getEast(), 180), Math.min(bounds.getNorth(), 90)];
    return sides.map((side) => side.toFixed(4)).join(",");
  };
  // Layers that were told in part: asked again for the box that is seen. The small map of a page never asks for more than that.
  const partial = askedBox ? { grids: true, grid_list: true, enterprises: true, alarms: true, cells: true } : {};

  // --- time -----------------------------------------------------------------------------------------------------------------
  const twoDigits = (number) => String(number).padStart(2, "0");
  const dayAfter = (text, days) => {
    const [year, month, date] = text.split("-").map(Number);
    return new Date(Date.UTC(year, month - 1, date + days)).toISOString().slice(0, 10);
  };
  const isDay = () => span.value === "day";
  const firstDay = () => (isDay() ? day.value : `${day.value.slice(0, 7)}-01`);
  const steps = () => {
    if (isDay()) return 24;
    const [year, month] = day.value.split("-").map(Number);
    return new Date(Date.UTC(year, month, 0)).getUTCDate();
  };
  // Step 0 is the whole span; step n its n-th hour or day: [from, until) as texts by the office's clock.
  const stepSpan = () => {
    const place = Number(step.value);
    if (place === 0) return [`${firstDay()}T00:00`, `${dayAfter(firstDay(), isDay() ? 1 : steps())}T00:00`];
    if (!isDay()) return [`${dayAfter(firstDay(), place - 1)}T00:00`, `${dayAfter(firstDay(), place)}T00:00`];
    const until = place === 24 ? `${dayAfter(day.value, 1)}T00:00` : `${day.value}T${twoDigits(place)}:00`;
    return [`${day.value}T${twoDigits(place - 1)}:00`, until];
  };
  const spoken = ([from, until]) => {
    if (Number(step.value) === 0) return isDay() ? day.value : day.value.slice(0, 7);
    return isDay() ? `${from.replace("T", " ")}–${until.slice(11)}` : from.slice(0, 10);
  };

  // --- data -----------------------------------------------------------------------------------------------------------------
  const placed = (told) =>
    told.features.map(({ geometry: { coordinates: [lon, lat] }, properties }) => ({ ...properties, lon, lat, x: worldX(lon), y: worldY(lat) }));
  const boxed = (told) =>
    told.features.map(({ geometry, properties }) => {
      const [[[west, south], , [east, north]]] = geometry.coordinates;
      return { ...properties, lon: (west + east) / 2, lat: (south + north) / 2, box: [worldX(west), worldY(north), worldX(east), worldY(south)] };
    });
  const isOn = (name) => document.querySelector(`#map-tools [name=${name}]`).checked;

  const read = {
    async outlines() {
      const isNear = map.getZoom() >= NEAR_ZOOM;
      if (outlined.some((one) => (one.isNear || !isNear) && one.area.contains(map.getBounds()))) return;
      const isBoxed = isNear || Boolean(askedBox);
      const area = isBoxed ? map.getBounds().pad(MARGIN) : EVERYWHERE;
      const told = await ask("outlines", { at, detail: isNear ? "near" : "" }, isBoxed && box());
      if (!told) return;
      outlined.push({ area, isNear });
      const known = new Map(data.outlines.map((one) => [one.county_code, one]));
      outlineArrays(told).forEach((one) => (isNear || !known.has(one.county_code)) && known.set(one.county_code, one));
      data.outlines = [...known.values()];
    },
    async flags() {
      const told = await ask("flags", { at });
      if (told) data.flags = told.flags;
    },
    async grids() {
      const told = await ask("grids", { at }, partial.grids && box());
      if (!told) return;
      partial.grids = partial.grids || told.left_off > 0;
      data.grids = boxed(told);
    },
    async grid_list() {
      const told = await ask("grid_list", { at, list: askedList }, partial.grid_list && box());
      if (!told) return;
      partial.grid_list = partial.grid_list || told.left_off > 0;
      data.gridList = boxed(told);
      data.listId = told.list_id;
    },
    async enterprises() {
      const told = await ask("enterprises", {}, partial.enterprises && box());
      if (!told) return;
      partial.enterprises = partial.enterprises || told.left_off > 0;
      data.enterprises = placed(told);
    },
    async alarms() {
      if (!day.value) return;
      const end = `${dayAfter(firstDay(), isDay() ? 1 : steps())}T00:00`;
      const told = await ask("alarms", { start: `${firstDay()}T00:00`, end, state: state.value, at }, partial.alarms && box());
      if (!told) return;
      partial.alarms = partial.alarms || told.left_off > 0;
      data.alarms = placed(told);
      showStep();
    },
    async cells() {
      if (!day.value) return;
      if (!isDay()) {
        data.cells = null;
        say("cells", words.hours_only);
        return;
      }
      const [from] = stepSpan();
      const key = partial.cells ? `${from} ${box()}` : from;
      if (!hours.has(key)) {
        const told = await ask("cells", { hour: from }, partial.cells && box());
        if (!told) return;
        partial.cells = partial.cells || told.left_off > 0;
        hours.set(key, { ...cellArrays(told), isJudged: told.is_judged, stations: told.stations });
        while (hours.size > KEPT_HOURS) hours.delete(hours.keys().next().value);
      }
      if (from !== stepSpan()[0]) return; // the slider went on meanwhile
      data.cells = hours.get(key);
      say("cells", data.cells.isJudged ? "" : words.no_cells);
    },
  };
  const hours = new Map(); // cells by hour, the newest last
  const outlined = []; // where outlines are known, and whether near by or as a sketch

  const refresh = async (name) => {
    if (!isOn(name)) return;
    await read[name]();
    sheets[name].redraw();
    if (name === "outlines") {
      sheets.flags.redraw();
      showStep(); // with the names of the units
    }
  };
  const toggle = async (name) => {
    if (!isOn(name)) {
      sheets[name].remove();
      say(name, "");
      return;
    }
    sheets[name].addTo(map);
    await refresh(name);
  };

  // --- what is said beside the map ------------------------------------------------------------------------------------------
  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text;
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  };
  const linkTo = (path, text) => element("a", text, { href: `${root}${path}${at ? `?at=${encodeURIComponent(at)}` : ""}` });
  const standingWord = (standing) => words[standing] || standing;
  const alarmItem = (alarm) => {
    const item = element("li", "");
    item.append(element("time", alarm.pushed.replace("T", " ")), " ", linkTo(`/grids/${encodeURIComponent(alarm.grid_id)}`, alarm.grid_id), ` ${unitName(alarm.unit_code)} ${named(alarm.county)} `);
    item.append(element("span", standingWord(alarm.standing), { class: `standing standing-${alarm.standing}` }));
    if (alarm.peak_pm25_ug_m3 !== null) item.append(` ${Math.round(alarm.peak_pm25_ug_m3)} μg/m³`);
    if (alarm.source === "watch") item.append(" ", linkTo(`/watch/${encodeURIComponent(alarm.alarm_id)}`, words.evidence));
    return item;
  };

  const showStep = () => {
    const span = stepSpan();
    now.textContent = spoken(span);
    step.setAttribute("aria-valuetext", now.textContent);
    data.shown = data.alarms.filter((alarm) => alarm.pushed >= span[0] && alarm.pushed < span[1]);
    const own = data.shown.filter(isOwn);
    count.textContent = String(own.length);
    list.replaceChildren(...own.slice(0, MOST_LISTED).map(alarmItem));
    if (own.length > MOST_LISTED) list.append(element("li", `+${own.length - MOST_LISTED} ${words.more}`, { class: "none" }));
    if (!own.length) list.append(element("li", words.none, { class: "none" }));
    sheets.alarms.redraw();
  };

  const isInside = (area, x, y) => {
    if (x < area.box[0] || x > area.box[2] || y < area.box[1] || y > area.box[3]) return false;
    let inside = false;
    for (const ring of area.rings) {
      for (let a = 0, b = ring.length - 2; a < ring.length; b = a, a += 2) {
        if (ring[a + 1] > y !== ring[b + 1] > y && x < ((ring[b] - ring[a]) * (y - ring[a + 1])) / (ring[b + 1] - ring[a + 1]) + ring[a]) inside = !inside;
      }
    }
    return inside;
  };
  const cellAt = (x, y) => {
    if (!isOn("cells") || !data.cells) return null;
    const { sides, values, measured, grids } = data.cells;
    for (let grid = 0; grid < grids.length; grid += 1) {
      const [west, north, east, south] = sides.subarray(grid * 4, grid * 4 + 4);
      if (x < west || x >= east || y < north || y >= south) continue;
      const column = Math.floor(((x - west) / (east - west)) * 6);
      const row = Math.floor(((south - y) / (south - north)) * 6);
      const at = grid * 36 + row * 6 + Math.min(column, 5);
      return { grid_id: grids[grid][0], value: values[at], isMeasured: measured[at] === "1", name: `${grids[grid][0]}-${row + 1}${column + 1}` };
    }
    return null;
  };

  const inspect = ({ lat, lng }) => {
    const [x, y, scale] = [worldX(lng), worldY(lat), 2 ** map.getZoom()];
    const near = (point) => Math.hypot(point.x - x, point.y - y) * scale <= 10;
    const lines = [];
    const area = data.outlines.find((one) => isInside(one, x, y));
    if (area) {
      const line = element("p", "");
      line.append(linkTo(`/cities/${encodeURIComponent(area.unit_code)}`, named(area.unit_name) || area.unit_code), ` ${named(area.county)}`);
      if (data.flags[area.unit_code]) line.append(` · ${words[data.flags[area.unit_code]]}`);
      lines.push(line);
    }
    const grid = isOn("grids") && data.grids.find(({ box: [west, north, east, south] }) => x >= west && x < east && y >= north && y < south);
    const cell = cellAt(x, y);
    const gridId = grid ? grid.grid_id : cell && cell.grid_id;
    if (gridId) {
      const line = element("p", `${words.grid} `);
      line.append(linkTo(`/grids/${encodeURIComponent(gridId)}`, gridId), grid ? ` ${grid.name}` : "");
      lines.push(line);
    }
    const listed = isOn("grid_list") && data.gridList.find(({ box: [west, north, east, south] }) => x >= west && x < east && y >= north && y < south);
    if (listed) {
      const line = element("p", `${words.list} `);
      const unit = encodeURIComponent(listed.unit_code);
      line.append(element("a", `${data.listId}`, { href: `${root}/grid-lists/${data.listId}?unit=${unit}#${encodeURIComponent(listed.grid_id)}` }));
      line.append(` ${listed.grid_id} ${named(listed.county)} · ${words[listed.change]}`);
      lines.push(line);
    }
    if (cell) {
      const value = Number.isNaN(cell.value) ? words.unknown : `PM2.5 ${cell.value.toFixed(1)} μg/m³`;
      lines.push(element("p", `${cell.name} · ${value} · ${cell.isMeasured ? words.measured : words.estimated}`));
    }
    if (isOn("enterprises")) {
      data.enterprises.filter(near).slice(0, 8).forEach((one) => lines.push(element("p", `${words.enterprise} ${one.name}${one.industry ? ` · ${one.industry}` : ""}`)));
    }
    const alarms = isOn("alarms") ? data.shown.filter(near).slice(0, 12) : [];
    if (alarms.length) {
      const items = element("ul", "", { class: "plain" });
      items.append(...alarms.map(alarmItem));
      lines.push(items);
    }
    if (!lines.length) lines.push(element("p", words.nothing, { class: "none" }));
    const coordinates = `${lng.toFixed(5)},${lat.toFixed(5)}`;
    const copying = element("p", "");
    const button = element("button", words.copy, { type: "button" });
    button.addEventListener("click", async () => {
      await copied(coordinates);
      button.textContent = words.copied;
    });
    copying.append(element("code", coordinates), " WGS84 ", button);
    here.replaceChildren(...lines, copying);
  };
  // The clipboard needs a secure context; elsewhere the selection of a field is copied.
  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = element("textarea", text);
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
  };

  map.on("click", (event) => inspect(event.latlng));
  frame.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === frame) inspect(map.getCenter());
  });
  map.on("moveend", () => ["outlines", ...Object.keys(partial).filter((name) => partial[name])].forEach(refresh));

  // --- controls -------------------------------------------------------------------------------------------------------------
  let timer = null;
  const stop = () => {
    clearTimeout(timer);
    timer = null;
    play.textContent = words.play;
    play.setAttribute("aria-pressed", "false");
  };
  const goOn = async () => {
    const place = Number(step.value);
    if (place >= steps()) return stop();
    step.value = String(place + 1);
    showStep();
    await refresh("cells");
    if (timer !== null) timer = setTimeout(goOn, FRAME_MS);
  };
  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    if (Number(step.value) >= steps()) step.value = "0";
    play.textContent = words.stop;
    play.setAttribute("aria-pressed", "true");
    timer = setTimeout(goOn, 0);
  });
  step.addEventListener("input", () => {
    stop();
    showStep();
    refresh("cells");
  });
  const newSpan = () => {
    if (!day.value) return;
    stop();
    step.max = String(steps());
    step.value = "0";
    showStep();
    refresh("alarms");
    refresh("cells");
  };
  day.addEventListener("change", newSpan);
  span.addEventListener("change", newSpan);
  state.addEventListener("change", () => refresh("alarms"));
  control("tools").addEventListener("submit", (event) => event.preventDefault());
  document.querySelectorAll("#map-tools [type=checkbox]").forEach((one) => one.addEventListener("change", () => toggle(one.name)));

  const paintLegend = () =>
    document.querySelectorAll("#map-legend canvas").forEach((one) => {
      const context = one.getContext("2d");
      context.clearRect(0, 0, 16, 16);
      drawForm(context, 8, 8, one.dataset.standing, 5, colours());
    });
  const repaint = () => {
    paintLegend();
    Object.values(sheets).forEach((sheet) => sheet.redraw());
  };
  new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

  const lonLat = (x, y) => [
    (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / 256))) * 180) / Math.PI,
    (x / 256) * 360 - 180,
  ];
  const fit = (boxes) => {
    if (!boxes.length) return;
    const [west, north, east, south] = [0, 1, 2, 3].map((side) => (side < 2 ? Math.min : Math.max)(...boxes.map((one) => one[side])));
    map.fitBounds([lonLat(west, south), lonLat(east, north)], { animate: false, maxZoom: 12 });
  };
  const start = async () => {
    step.max = String(steps());
    showStep();
    paintLegend();
    if (askedGrid) document.querySelector("#map-tools [name=grids]").checked = true;
    await Promise.all(Object.keys(sheets).map(toggle));
    const focused = data.grids.filter((one) => one.grid_id === askedGrid);
    const own = data.outlines.filter((one) => one.unit_code === city);
    if (focused.length) {
      if (!askedBox) fit(focused.map((one) => one.box));
      inspect({ lat: focused[0].lat, lng: focused[0].lon });
    } else if (!askedBox) fit((own.length ? own : data.outlines).map((one) => one.box));
    frame.dataset.ready = "yes";
  };
  start();
})();
