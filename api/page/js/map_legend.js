// Which sectors the map shows, and what its signs mean, with how many components are in each state.

import { el } from "./elements.js";
import { number, t, tOr } from "./i18n.js";
import { colour, colourOf, drawSign, STATES_MARKED } from "./map_style.js";
import { store } from "./state.js";
import { countsAt, onTime } from "./timeline.js";

export function mountSectors(place) {
  let shown = "";
  onTime((timeline) => {
    const sectors = timeline ? [...new Set(timeline.components.sector)].sort() : [];
    const words = sectors.map((sector) => tOr(`sector.${sector}`, sector)).join();
    const { hidden } = store.get();
    if (words !== shown) {
      shown = words;
      place.replaceChildren(...sectors.map((sector) => toggle(sector)));
    }
    for (const button of place.children) button.setAttribute("aria-pressed", String(!hidden[button.dataset.sector]));
  }, ["hidden"]);
}

function toggle(sector) {
  const flip = () => {
    const { hidden } = store.get();
    store.set({ hidden: { ...hidden, [sector]: !hidden[sector] } });
  };
  return el("button", { type: "button", dataset: { sector }, onclick: flip }, tOr(`sector.${sector}`, sector));
}

export function mountLegend(place) {
  let shown = "";
  onTime((timeline, minute) => {
    if (!timeline) return;
    const key = `${document.documentElement.lang} ${store.get().theme} ${timeline.states}`;
    if (key !== shown) {
      shown = key;
      // The theme's colours are there a frame after its name.
      window.requestAnimationFrame(() => {
        place.replaceChildren(...timeline.states.map(row));
        count(place, store.get());
      });
      return;
    }
    count(place, { timeline, minute, hidden: store.get().hidden });
  }, ["hidden", "theme"]);
}

function count(place, { timeline, minute, hidden }) {
  const counts = countsAt(timeline, minute, hidden);
  for (const line of place.children) {
    line.lastChild.textContent = number(counts[line.dataset.state]);
    // What never happens in this incident needs no line.
    line.hidden = !counts[line.dataset.state] && ["closed", "unused"].includes(line.dataset.state);
  }
}

function row(state) {
  const canvas = el("canvas", { width: 40, height: 40, "aria-hidden": "true" });
  draw(canvas.getContext("2d"), state);
  return el("div", { dataset: { state } }, canvas, el("span", {}, t(`state.${state}`)), el("b", {}));
}

function draw(context, state) {
  if (STATES_MARKED.includes(state)) {
    drawSign(context, state);
    return;
  }
  context.beginPath();
  context.arc(20, 20, state === "works" ? 7 : 11, 0, 2 * Math.PI);
  context.fillStyle = state === "works" ? colourOf(state) : colour("--back");
  context.strokeStyle = colourOf(state);
  context.lineWidth = state === "works" ? 0.1 : 6;
  context.fill();
  context.stroke();
}
