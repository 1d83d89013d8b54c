// People without each service over time, by Plotly, with the instant marked.

import { axisTime } from "./clock.js";
import { el } from "./elements.js";
import { language, t, tOr } from "./i18n.js";
import { colour } from "./map_style.js";
import { serviceColour, serviceDash } from "./services.js";
import { store } from "./state.js";

let plot = null;
let loading = null;
let waiting = 0;

export function mount(place) {
  const heading = el("h2", {});
  plot = el("div", { class: "curves", role: "img" });
  place.append(heading, plot);
  const redraw = () => {
    heading.textContent = t("curves.title");
    plot.setAttribute("aria-label", t("curves.label"));
    window.requestAnimationFrame(draw);
  };
  store.subscribe(["timeline", "theme"], redraw);
  store.subscribe(["minute"], mark);
  window.addEventListener("lifeline:words", redraw);
  new ResizeObserver(() => plot.clientWidth && plot.data && window.Plotly.Plots.resize(plot)).observe(plot);
  redraw();
}

const PATIENCE_MS = 4000;

// The first picture is the map: almost five megabytes of script wait until it stands, or has taken too long.
const mapDrawn = new Promise((done) => {
  window.addEventListener("lifeline:map-drawn", done, { once: true });
  window.setTimeout(done, PATIENCE_MS);
});

async function plotly() {
  await mapDrawn;
  loading =
    loading ||
    new Promise((done, failed) => {
      const script = el("script", { src: "/vendor/plotly.js" });
      script.addEventListener("load", () => done(window.Plotly));
      script.addEventListener("error", failed);
      document.head.append(script);
    });
  return loading;
}

async function draw() {
  const { timeline } = store.get();
  if (!timeline) return;
  const Plotly = await plotly();
  Plotly.react(plot, traces(timeline), layout(timeline), {
    displayModeBar: false,
    responsive: false,
    showTips: false,
    locale: "en",
  });
}

function traces(timeline) {
  return timeline.curves
    .filter((row) => row.points.some(([, persons]) => persons))
    .map((row) => ({
      type: "scatter",
      mode: "lines",
      name: tOr(`service.${row.service}`, row.service),
      x: [...row.points.map(([minute]) => axisTime(minute)), axisTime(timeline.end_minute)],
      y: [...row.points.map(([, persons]) => persons), row.points[row.points.length - 1][1]],
      line: { shape: "hv", width: 2.5, color: serviceColour(row.service), dash: serviceDash(row.service) },
      hovertemplate: t("curves.hover", { persons: "%{y:,}" }),
    }));
}

function layout(timeline) {
  const ink = colour("--ink");
  const grid = colour("--line");
  const isChinese = language() === "zh";
  return {
    margin: { l: 8, r: 12, t: 8, b: 8 },
    height: 300,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: ink, size: 12 },
    hovermode: "x unified",
    hoverlabel: { bgcolor: colour("--raised"), font: { color: ink } },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    showlegend: true,
    dragmode: false,
    xaxis: {
      type: "date",
      range: [axisTime(0), axisTime(timeline.end_minute)],
      gridcolor: grid,
      automargin: true,
      fixedrange: true,
      // Not the names of months: Plotly has English ones only.
      tickformat: isChinese ? "%-m月%-d日\n%H:%M" : "%H:%M\n%d/%m",
      hoverformat: isChinese ? "%-m月%-d日 %H:%M" : "%d/%m %H:%M",
      nticks: 6,
    },
    yaxis: {
      title: { text: t("curves.axis"), standoff: 6 },
      gridcolor: grid,
      automargin: true,
      fixedrange: true,
      rangemode: "tozero",
      tickformat: ",d",
    },
    shapes: [instant()],
  };
}

function instant() {
  const x = axisTime(store.get().minute);
  return { type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: { color: colour("--ink"), width: 2, dash: "dot" } };
}

// The map comes first: the line follows when there is time, and once for many steps.
function mark() {
  if (waiting || !plot.data || plot.closest("[hidden]")) return;
  waiting = window.setTimeout(() => {
    waiting = 0;
    if (plot.data) window.Plotly.relayout(plot, { shapes: [instant()] });
  }, 60);
}
