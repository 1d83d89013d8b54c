// The map: components coloured by state, damage marked by shape as well, crews where they are.

import { mountCrewMarks } from "./map_crews.js";
import { addPictures, layers, paint, STATES_MARKED } from "./map_style.js";
import { mountLegend, mountSectors } from "./map_legend.js";
import { t, tOr } from "./i18n.js";
import { store } from "./state.js";
import { placeOf, statesAt } from "./timeline.js";

const CLICK_PIXELS = 6;
const EDGE_PIXELS = 20;

let map = null;
let drawn = { timeline: null, states: null };
let pointed = null;
let placed = new Map(); // number of a component -> {name of its source, one: its feature, isMarked}

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
    window.dispatchEvent(new Event("lifeline:map-drawn"));
    return;
  }
  map.touchZoomRotate.disableRotation();
  map.addControl(new window.maplibregl.NavigationControl({ showCompass: false }), "top-right");
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
  const isSame = before && places(before) === places(timeline);
  if (!isSame) {
    // The view first: a map cuts tiles for where it looks.
    if (!before || before.components.id.join() !== timeline.components.id.join()) fit(timeline);
    place(timeline);
    drawn.states = null;
  }
  drawn.timeline = timeline;
  drawStates();
  drawSelected();
}

// What is where, and what ever changes or is damaged: while that stays, so do the sources.
const places = ({ components, changes, states }) =>
  JSON.stringify([components.id, components.longitude, components.state, changes.component, changes.state, states]);

function place(timeline) {
  const data = features(timeline);
  for (const [name, found] of Object.entries(data)) {
    const collection = { type: "FeatureCollection", features: found };
    if (map.getSource(name)) map.getSource(name).setData(collection);
    else map.addSource(name, { type: "geojson", data: collection, buffer: 16, tolerance: 0.2 });
    map.removeFeatureState({ source: name });
  }
  const marks = new Set(data.marks.map((one) => one.id));
  placed = new Map(
    Object.entries(data).flatMap(([name, found]) =>
      name === "marks" ? [] : found.map((one) => [one.id, { name, one, isMarked: marks.has(one.id) }]),
    ),
  );
  if (!map.getLayer("links")) {
    for (const layer of layers()) map.addLayer(layer);
    map.once("idle", () => window.dispatchEvent(new Event("lifeline:map-drawn")));
  }
  repaint();
  hide();
}

// Links as lines, nodes as points, and of what may be damaged also a point with a mark, halfway along a link. What
// works throughout is drawn as it is, and only the rest is asked for its state with every frame.
function features(timeline) {
  const { components, states, changes } = timeline;
  const where = (number) => [components.longitude[number], components.latitude[number]];
  const marked = new Set(STATES_MARKED.map((name) => states.indexOf(name)));
  const isMarked = new Set(changes.component.filter((_, row) => marked.has(changes.state[row])));
  const changing = new Set(changes.component);
  components.state.forEach((state, number) => {
    if (marked.has(state)) isMarked.add(number);
    if (state !== states.indexOf("works")) changing.add(number);
  });
  const found = { calm_links: [], calm_nodes: [], links: [], nodes: [], marks: [] };
  components.id.forEach((_, number) => {
    if (components.longitude[number] === null) return;
    const properties = { sector: components.sector[number] };
    const feature = (type, coordinates) => ({ type: "Feature", id: number, properties, geometry: { type, coordinates } });
    const calm = changing.has(number) ? "" : "calm_";
    const from = components.from[number];
    if (from === null) found[`${calm}nodes`].push(feature("Point", where(number)));
    else {
      const line = [where(from), where(components.to[number])];
      if (!line.flat().includes(null)) found[`${calm}links`].push(feature("LineString", line));
    }
    if (isMarked.has(number)) found.marks.push(feature("Point", where(number)));
  });
  return { ...found, chosen: [] };
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
  for (let number = 0; number < now.length; number += 1) {
    if (before ? before[number] === now[number] : now[number] === 0) continue;
    const found = placed.get(number);
    if (!found) continue;
    const state = { state: now[number] };
    map.setFeatureState({ source: found.name, id: number }, state);
    if (found.isMarked) map.setFeatureState({ source: "marks", id: number }, state);
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

function drawSelected() {
  const { selected, timeline } = store.get();
  if (!map.getSource("chosen") || !timeline) return;
  const number = selected && selected.kind === "component" ? placeOf(timeline, selected.id) : undefined;
  const found = placed.get(number);
  map.getSource("chosen").setData({ type: "FeatureCollection", features: found ? [found.one] : [] });
  if (found) uncover(timeline.components, number);
}

// Bring what was selected out from under the panel that tells of it.
function uncover({ longitude, latitude }, number) {
  const place_ = [longitude[number], latitude[number]];
  const panel = document.getElementById("selection").getBoundingClientRect();
  const { x } = map.project(place_);
  const width = map.getContainer().clientWidth;
  if (x > panel.width + EDGE_PIXELS && x < width) return;
  map.easeTo({ center: place_, offset: [panel.width / 2, 0], animate: false });
}

// The component at a point of the screen: a mark before a node before a link.
function near({ x, y }) {
  if (!map.getLayer("links")) return null;
  const box = [[x - CLICK_PIXELS, y - CLICK_PIXELS], [x + CLICK_PIXELS, y + CLICK_PIXELS]];
  const found = map.queryRenderedFeatures(box, { layers: ["nodes", "links", "calm_nodes", "calm_links"] });
  const first = found.find((feature) => feature.geometry.type === "Point") || found[0];
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
