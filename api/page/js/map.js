// The map: components coloured by state, damage marked by shape as well, crews where they are.

import { mountCrewMarks } from "./map_crews.js";
import { addPictures, layers, paint, STATES_MARKED } from "./map_style.js";
import { mountLegend, mountSectors } from "./map_legend.js";
import { t, tOr } from "./i18n.js";
import { store } from "./state.js";
import { placeOf, statesAt } from "./timeline.js";

const CLICK_PIXELS = 6;

let map = null;
let drawn = { timeline: null, states: null };
let pointed = null;

export function mount(element) {
  mountSectors(document.getElementById("sectors"));
  mountLegend(document.getElementById("legend"));
  try {
    map = new window.maplibregl.Map({
      container: element,
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: {} }] },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
      locale: words(),
    });
  } catch {
    // Without WebGL the rest of the page still tells everything.
    element.textContent = t("map.no_webgl");
    element.classList.add("empty");
    return;
  }
  map.touchZoomRotate.disableRotation();
  map.addControl(new window.maplibregl.NavigationControl({ showCompass: false }), "top-left");
  map.addControl(new window.maplibregl.ScaleControl({}), "bottom-left");
  map.getCanvas().setAttribute("aria-label", t("map.canvas"));
  map.on("load", start);
}

const words = () => ({
  "NavigationControl.ZoomIn": t("map.zoom_in"),
  "NavigationControl.ZoomOut": t("map.zoom_out"),
});

function start() {
  const drawPictures = addPictures(map);
  mountCrewMarks(map);
  store.subscribe(["timeline"], drawAll);
  store.subscribe(["minute"], drawStates);
  store.subscribe(["hidden"], hide);
  store.subscribe(["selected"], drawSelected);
  store.subscribe(["theme"], () =>
    window.requestAnimationFrame(() => {
      drawPictures();
      repaint();
    }),
  );
  window.addEventListener("lifeline:words", () => map.getCanvas().setAttribute("aria-label", t("map.canvas")));
  map.on("click", (event) => select(near(event.point)));
  map.on("mousemove", (event) => point(near(event.point), event.lngLat));
  map.on("mouseout", () => point(null));
  new ResizeObserver(() => map.resize()).observe(map.getContainer());
  drawAll();
}

// Put the components of a new timeline on the map. The places stay while the system does: then only states change.
function drawAll() {
  const { timeline } = store.get();
  if (!timeline) return;
  const before = drawn.timeline;
  const isSame = before && JSON.stringify(before.components.id) === JSON.stringify(timeline.components.id);
  if (!isSame) {
    place(timeline);
    drawn.states = null;
    fit(timeline);
  }
  drawn.timeline = timeline;
  drawStates();
  drawSelected();
}

function place(timeline) {
  const data = features(timeline);
  for (const [name, found] of Object.entries(data)) {
    const collection = { type: "FeatureCollection", features: found };
    if (map.getSource(name)) map.getSource(name).setData(collection);
    else map.addSource(name, { type: "geojson", data: collection, buffer: 16, tolerance: 0.2 });
    map.removeFeatureState({ source: name });
  }
  if (!map.getLayer("links")) for (const layer of layers()) map.addLayer(layer);
  repaint();
  hide();
}

// Links as lines, nodes as points, and of what may be damaged also a point with a mark, halfway along a link.
function features(timeline) {
  const { components, states, changes } = timeline;
  const where = (number) => [components.longitude[number], components.latitude[number]];
  const isMarked = new Uint8Array(components.id.length);
  const marked = new Set(STATES_MARKED.map((name) => states.indexOf(name)));
  components.state.forEach((state, number) => {
    if (marked.has(state)) isMarked[number] = 1;
  });
  changes.state.forEach((state, number) => {
    if (marked.has(state)) isMarked[changes.component[number]] = 1;
  });
  const touched = new Set(changes.component);
  const found = { links: [], nodes: [], marks: [] };
  components.id.forEach((_, number) => {
    if (components.longitude[number] === null) return;
    const properties = { sector: components.sector[number], touched: touched.has(number) ? 1 : 0 };
    const feature = (geometry) => ({ type: "Feature", id: number, properties, geometry });
    const from = components.from[number];
    const point_ = { type: "Point", coordinates: where(number) };
    if (from === null) found.nodes.push(feature(point_));
    else {
      const line = [where(from), where(components.to[number])];
      if (line.flat().every((degrees) => degrees !== null)) {
        found.links.push(feature({ type: "LineString", coordinates: line }));
      }
    }
    if (isMarked[number]) found.marks.push(feature(point_));
  });
  return found;
}

function fit(timeline) {
  const ends = (values) => values.reduce(
    ([least, most], value) => (value === null ? [least, most] : [Math.min(least, value), Math.max(most, value)]),
    [Infinity, -Infinity],
  );
  const [west, east] = ends(timeline.components.longitude);
  const [south, north] = ends(timeline.components.latitude);
  if (west > east) return;
  const padding = { top: 60, bottom: 60, left: 60, right: 60 };
  map.fitBounds([[west, south], [east, north]], { padding, animate: false, maxZoom: 16 });
}

// Tell the map of those states that are others than before, and of no more.
function drawStates() {
  const { timeline, minute } = store.get();
  if (!timeline || timeline !== drawn.timeline) return;
  const now = statesAt(timeline, minute);
  const before = drawn.states;
  const isLink = timeline.components.from;
  for (let number = 0; number < now.length; number += 1) {
    if (before ? before[number] === now[number] : now[number] === 0) continue;
    const state = { state: now[number] };
    map.setFeatureState({ source: isLink[number] === null ? "nodes" : "links", id: number }, state);
    map.setFeatureState({ source: "marks", id: number }, state);
  }
  drawn.states = Uint8Array.from(now);
}

function repaint() {
  if (!map.getLayer("links")) return;
  const { timeline } = store.get();
  for (const [layer, values] of Object.entries(paint((timeline || drawn.timeline).states))) {
    for (const [name, value] of Object.entries(values)) map.setPaintProperty(layer, name, value);
  }
}

function hide() {
  if (!map.getLayer("links")) return;
  const hidden = Object.keys(store.get().hidden).filter((sector) => store.get().hidden[sector]);
  const filter = ["!", ["in", ["get", "sector"], ["literal", hidden]]];
  for (const layer of layers()) map.setFilter(layer.id, layer.filter ? ["all", layer.filter, filter] : filter);
}

let chosen = null;

function drawSelected() {
  const { selected, timeline } = store.get();
  if (!map.getLayer("links") || !timeline) return;
  if (chosen) map.setFeatureState(chosen, { selected: false });
  chosen = null;
  if (!selected || selected.kind !== "component") return;
  const number = placeOf(timeline, selected.id);
  if (number === undefined) return;
  chosen = { source: timeline.components.from[number] === null ? "nodes" : "links", id: number };
  map.setFeatureState(chosen, { selected: true });
}

// The component at a point of the screen: a mark before a node before a link.
function near({ x, y }) {
  if (!map.getLayer("links")) return null;
  const box = [[x - CLICK_PIXELS, y - CLICK_PIXELS], [x + CLICK_PIXELS, y + CLICK_PIXELS]];
  const found = map.queryRenderedFeatures(box, { layers: ["nodes", "links"] });
  const first = found.find((feature) => feature.layer.id === "nodes") || found[0];
  return first ? first.id : null;
}

function select(number) {
  const { timeline } = store.get();
  store.set({ selected: number === null ? null : { kind: "component", id: timeline.components.id[number] } });
}

function point(number, place_) {
  map.getCanvas().style.cursor = number === null ? "" : "pointer";
  if (number === null) {
    if (pointed) pointed.remove();
    pointed = null;
    return;
  }
  const { timeline } = store.get();
  const { id, sector } = timeline.components;
  const state = timeline.states[drawn.states[number]];
  pointed = pointed || new window.maplibregl.Popup({ closeButton: false, closeOnClick: false, offset: 10 }).addTo(map);
  pointed.setLngLat(place_).setText(
    t("map.pointed", { id: id[number], sector: tOr(`sector.${sector[number]}`, sector[number]), state: t(`state.${state}`) }),
  );
}
