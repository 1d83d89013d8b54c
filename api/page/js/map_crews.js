// Crews on the map, each as a mark with its name: pages without glyphs for map text have HTML for it.

import { el } from "./elements.js";
import { t } from "./i18n.js";
import { store } from "./state.js";
import { crewAt, onTime } from "./timeline.js";

let marks = new Map();
let shown = null;

const FEW = 8;
const NEAR_ZOOM = 13;

export function mountCrewMarks(map) {
  map.on("zoom", () => crowd(map));
  onTime((timeline, minute) => draw(map, timeline, minute), ["selected"]);
}

function draw(map, timeline, minute) {
  if (shown !== timeline) {
    for (const mark of marks.values()) mark.remove();
    marks = new Map();
    shown = timeline;
  }
  for (const crew of timeline ? timeline.crews : []) {
    const { place, doing } = crewAt(crew, minute);
    if (place.includes(null)) continue;
    if (!marks.has(crew.crew)) {
      const made = new window.maplibregl.Marker({ element: badge(crew.crew), anchor: "bottom", offset: [0, -9] });
      marks.set(crew.crew, made.setLngLat(place).addTo(map));
    }
    const mark = marks.get(crew.crew);
    mark.setLngLat(place);
    const element = mark.getElement();
    const { selected } = store.get();
    element.dataset.doing = doing;
    element.setAttribute("aria-pressed", String(Boolean(selected) && selected.kind === "crew" && selected.id === crew.crew));
    element.setAttribute("aria-label", t("map.crew", { crew: crew.crew, doing: t(`doing.${doing}`) }));
    element.title = element.getAttribute("aria-label");
  }
  crowd(map);
}

function crowd(map) {
  map.getContainer().dataset.crowded = String(marks.size > FEW && map.getZoom() < NEAR_ZOOM);
}

function badge(crew) {
  const choose = (event) => {
    event.stopPropagation();
    store.set({ selected: { kind: "crew", id: crew } });
  };
  return el("button", { type: "button", class: "crew-mark", onclick: choose }, crew);
}
