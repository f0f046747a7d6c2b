// Sheets of the map: each is one canvas that draws everything of its layer from arrays of numbers. While the map is dragged the
// canvas only moves with it, and it is drawn again when the map stands: 36,000 rectangles cost one drawing, not 36,000 objects.
(() => {
  "use strict";
  const WORLD = 256; // pixels of the world at zoom 0, as Web Mercator has it
  const PADDING = 0.3; // of the window on each side: what a drag uncovers is there already
  const LEVELS = [35, 75, 115, 150, 250]; // μg/m³ between the classes of HJ 633

  // A place in pixels of zoom 0: multiplied by 2^zoom, the pixel at any zoom.
  const worldX = (lon) => ((lon + 180) / 360) * WORLD;
  const worldY = (lat) => {
    const sine = Math.sin((Math.max(-85.05, Math.min(85.05, lat)) * Math.PI) / 180);
    return (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * WORLD;
  };

  const Sheet = L.Layer.extend({
    initialize(pane, draw) {
      this._paneName = pane;
      this._draw = draw;
    },
    onAdd(map) {
      this._canvas = L.DomUtil.create("canvas", "sheet leaflet-zoom-hide", map.getPane(this._paneName));
      this.redraw();
    },
    onRemove() {
      this._canvas.remove();
      this._canvas = null;
    },
    getEvents() {
      return { moveend: this.redraw, resize: this.redraw, viewreset: this.redraw };
    },
    redraw() {
      const map = this._map;
      if (!map || !this._canvas) return;
      const size = map.getSize();
      const margin = size.multiplyBy(PADDING).round();
      const corner = map.containerPointToLayerPoint(margin.multiplyBy(-1)).round();
      const wide = size.x + 2 * margin.x;
      const high = size.y + 2 * margin.y;
      const density = Math.min(window.devicePixelRatio || 1, 2);
      L.DomUtil.setPosition(this._canvas, corner);
      this._canvas.width = wide * density;
      this._canvas.height = high * density;
      this._canvas.style.width = `${wide}px`;
      this._canvas.style.height = `${high}px`;
      const context = this._canvas.getContext("2d");
      context.scale(density, density);
      const origin = map.getPixelOrigin().add(corner);
      const scale = 2 ** map.getZoom();
      this._draw(context, { scale, left: origin.x, top: origin.y, wide, high, zoom: map.getZoom() });
    },
  });

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(`--${name}`).trim();
    return {
      ink: of("ink"), soft: of("soft"), line: of("line"), ground: of("ground"), panel: of("panel"), link: of("link"),
      open: of("warn"), answered: of("good"), overdue: of("bad"), halo: of("halo"),
      urge: of("bad"), remind: of("warn"), verify: of("link"),
      levels: [1, 2, 3, 4, 5, 6].map((number) => of(`pm-${number}`)),
    };
  };

  const classOf = (value) => {
    let place = 0;
    while (place < LEVELS.length && value > LEVELS[place]) place += 1;
    return place;
  };

  // Cells: 36 a grid, rows from the south, columns from the west. Estimated ones are pale, measured ones full with an edge.
  const cellArrays = (told) => {
    const sides = new Float64Array(told.grids.length * 4);
    told.grids.forEach(([, west, south, east, north], place) => {
      sides.set([worldX(west), worldY(north), worldX(east), worldY(south)], place * 4);
    });
    const values = Float32Array.from(told.pm25_ug_m3, (value) => (value === null ? NaN : value));
    return { sides, values, measured: told.measured, grids: told.grids };
  };

  const drawCells = (context, view, cells) => {
    const { levels, ink } = colours();
    const groups = Array.from({ length: 12 }, () => []);
    const count = cells.grids.length;
    for (let grid = 0; grid < count; grid += 1) {
      const x0 = cells.sides[grid * 4] * view.scale - view.left;
      const y0 = cells.sides[grid * 4 + 1] * view.scale - view.top;
      const x1 = cells.sides[grid * 4 + 2] * view.scale - view.left;
      const y1 = cells.sides[grid * 4 + 3] * view.scale - view.top;
      if (x1 < 0 || y1 < 0 || x0 > view.wide || y0 > view.high) continue;
      const wide = (x1 - x0) / 6;
      const high = (y1 - y0) / 6;
      for (let cell = 0; cell < 36; cell += 1) {
        const at = grid * 36 + cell;
        const value = cells.values[at];
        if (Number.isNaN(value)) continue;
        const group = classOf(value) + (cells.measured[at] === "1" ? 6 : 0);
        groups[group].push(x0 + (cell % 6) * wide, y1 - (Math.floor(cell / 6) + 1) * high, wide, high);
      }
    }
    groups.forEach((boxes, group) => {
      const isMeasured = group >= 6;
      context.fillStyle = levels[group % 6];
      context.globalAlpha = isMeasured ? 1 : 0.45;
      for (let at = 0; at < boxes.length; at += 4) {
        context.fillRect(boxes[at], boxes[at + 1], boxes[at + 2] + 0.3, boxes[at + 3] + 0.3);
      }
      if (!isMeasured || !boxes.length || boxes[2] < 4) return;
      context.strokeStyle = ink;
      context.lineWidth = 1;
      for (let at = 0; at < boxes.length; at += 4) {
        context.strokeRect(boxes[at] + 0.5, boxes[at + 1] + 0.5, boxes[at + 2] - 1, boxes[at + 3] - 1);
      }
    });
    context.globalAlpha = 1;
  };

  // Outlines: each ring once as zoom-0 pixels.
  const outlineArrays = (told) =>
    told.features.map((feature) => {
      const rings = feature.geometry.coordinates.flat().map((ring) => {
        const points = new Float64Array(ring.length * 2);
        ring.forEach(([lon, lat], place) => points.set([worldX(lon), worldY(lat)], place * 2));
        return points;
      });
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      for (const ring of rings) {
        for (let at = 0; at < ring.length; at += 2) {
          box[0] = Math.min(box[0], ring[at]);
          box[1] = Math.min(box[1], ring[at + 1]);
          box[2] = Math.max(box[2], ring[at]);
          box[3] = Math.max(box[3], ring[at + 1]);
        }
      }
      return { ...feature.properties, rings, box };
    });

  const traced = (context, view, area) => {
    context.beginPath();
    for (const ring of area.rings) {
      for (let at = 0; at < ring.length; at += 2) {
        const x = ring[at] * view.scale - view.left;
        const y = ring[at + 1] * view.scale - view.top;
        if (at === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      }
      context.closePath();
    }
  };

  const isSeen = (view, box) =>
    box[2] * view.scale >= view.left && box[0] * view.scale <= view.left + view.wide &&
    box[3] * view.scale >= view.top && box[1] * view.scale <= view.top + view.high;

  const drawOutlines = (context, view, areas) => {
    context.strokeStyle = colours().soft;
    context.lineWidth = view.zoom >= 9 ? 1.2 : 0.7;
    for (const area of areas) {
      if (!isSeen(view, area.box)) continue;
      traced(context, view, area);
      context.stroke();
    }
  };

  const drawFlags = (context, view, areas, flags) => {
    const paint = colours();
    for (const area of areas) {
      const level = flags[area.unit_code];
      if (!level || !isSeen(view, area.box)) continue;
      traced(context, view, area);
      context.fillStyle = paint[level] || paint.soft;
      context.globalAlpha = level === "urge" ? 0.3 : 0.18;
      context.fill("evenodd");
    }
    context.globalAlpha = 1;
  };

  const drawGrids = (context, view, grids) => {
    const paint = colours();
    for (const grid of grids) {
      if (!isSeen(view, grid.box)) continue;
      const x = grid.box[0] * view.scale - view.left;
      const y = grid.box[1] * view.scale - view.top;
      const wide = Math.max((grid.box[2] - grid.box[0]) * view.scale, 2);
      const high = Math.max((grid.box[3] - grid.box[1]) * view.scale, 2);
      context.strokeStyle = paint.link;
      context.lineWidth = grid.is_hot ? 1.6 : 0.8;
      context.setLineDash(grid.is_hot ? [] : [3, 3]);
      context.strokeRect(x, y, wide, high);
    }
    context.setLineDash([]);
  };

  // A list of hotspot grids: kept and first ones full, new ones in the colour of alarm, left ones as an empty dashed box.
  const drawGridList = (context, view, grids) => {
    const style = getComputedStyle(document.documentElement);
    const [full, fresh] = ["--pm-3", "--pm-4"].map((name) => style.getPropertyValue(name));
    const paint = colours();
    for (const grid of grids) {
      if (!isSeen(view, grid.box)) continue;
      const x = grid.box[0] * view.scale - view.left;
      const y = grid.box[1] * view.scale - view.top;
      const wide = Math.max((grid.box[2] - grid.box[0]) * view.scale, 2);
      const high = Math.max((grid.box[3] - grid.box[1]) * view.scale, 2);
      if (grid.change === "left") {
        context.strokeStyle = paint.soft;
        context.setLineDash([3, 3]);
        context.strokeRect(x, y, wide, high);
        context.setLineDash([]);
        continue;
      }
      context.fillStyle = grid.change === "new" ? fresh : full;
      context.globalAlpha = 0.65;
      context.fillRect(x, y, wide, high);
      context.globalAlpha = 1;
    }
  };

  // Alarms by standing: a colour and a form of its own, for whoever tells colours badly.
  const FORMS = {
    open: (c, x, y, r) => c.arc(x, y, r, 0, 7),
    answered: (c, x, y, r) => c.arc(x, y, r * 0.75, 0, 7),
    overdue: (c, x, y, r) => { c.moveTo(x, y - r * 1.2); c.lineTo(x + r * 1.15, y + r * 0.9); c.lineTo(x - r * 1.15, y + r * 0.9); c.closePath(); },
    chronic: (c, x, y, r) => c.rect(x - r, y - r, 2 * r, 2 * r),
  };
  const drawForm = (context, x, y, standing, radius, paint) => {
    const kind = standing in FORMS ? standing : "answered";
    context.beginPath();
    FORMS[kind](context, x, y, radius);
    context.fillStyle = standing in FORMS ? paint[kind] || paint.overdue : paint.soft;
    context.fill();
    context.strokeStyle = paint.halo;
    context.lineWidth = 1;
    context.stroke();
  };

  const drawAlarms = (context, view, alarms) => {
    const paint = colours();
    const radius = view.zoom >= 9 ? 7 : view.zoom >= 7 ? 5 : 3.5;
    for (const alarm of alarms) {
      const x = alarm.x * view.scale - view.left;
      const y = alarm.y * view.scale - view.top;
      if (x < -9 || y < -9 || x > view.wide + 9 || y > view.high + 9) continue;
      drawForm(context, x, y, alarm.standing, radius, paint);
    }
  };

  const drawEnterprises = (context, view, points) => {
    const paint = colours();
    const half = view.zoom >= 9 ? 4 : 2.5;
    context.fillStyle = paint.ground;
    context.strokeStyle = paint.ink;
    context.lineWidth = 1.2;
    for (const point of points) {
      const x = point.x * view.scale - view.left;
      const y = point.y * view.scale - view.top;
      if (x < -9 || y < -9 || x > view.wide + 9 || y > view.high + 9) continue;
      context.beginPath();
      context.moveTo(x, y - half);
      context.lineTo(x + half, y);
      context.lineTo(x, y + half);
      context.lineTo(x - half, y);
      context.closePath();
      context.fill();
      context.stroke();
    }
  };

  window.sheets = {
    Sheet, cellArrays, classOf, colours, drawAlarms, drawCells, drawEnterprises, drawFlags, drawForm, drawGridList, drawGrids, drawOutlines,
    outlineArrays, worldX, worldY,
  };
})();
