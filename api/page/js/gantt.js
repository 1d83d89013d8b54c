// The plan as a chart: a row for each crew, its visits as bars of travel, wait and work, the instant as a line.
//
// Drag a bar to another row: that crew has to do it. Drag it along its row past another: the order of the two. The same
// and more by keyboard: arrows go from bar to bar, Enter selects one, O opens its orders.

import { clock, dayAndHour, dayMinute, hour } from "./clock.js";
import { el, enlarged, svg } from "./elements.js";
import { duration, t, tOr } from "./i18n.js";
import { keepFromScrolling, startDrag } from "./gantt_drag.js";
import { openOrders } from "./gantt_orders.js";
import { drawPending } from "./gantt_pending.js";
import { give, onOrders, orders, ordersOf } from "./orders.js";
import { undoable } from "./problems.js";
import { store } from "./state.js";
import { onRows, orderOfDrop } from "./visits.js";

// Pixels at a desk; all of them grow with the page's text.
let ROW, TOP, LABEL, BAR, LETTER;

function measure() {
  const large = enlarged();
  [ROW, TOP, LABEL, BAR, LETTER] = [30, 24, 110, 18, 6.6].map((pixels) => pixels * large);
}

const MARK_LETTERS = 14;
const DAY = 1440;
const NEAREST_MINUTES = 30; // No closer look than this.
const STEPS = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080];

let place = null;
let chart = null; // {plan, rows, unassignable}
let span = null; // {from, to} in minutes, what the axis shows
let whole = { from: 0, to: 60 };
let focused = null; // the job whose bar has the keyboard

export function mount(element) {
  place = element;
  const zoom = (factor) => () => span && zoomAround(focus(), factor);
  const tool = (name, text, act) => el("button", { type: "button", "data-i18n-label": `gantt.${name}`, "data-i18n-title": `gantt.${name}`, onclick: act }, text);
  place.append(
    el(
      "div",
      { class: "bar-row" },
      el("h2", { "data-i18n": "gantt.title", class: "grow" }),
      tool("earlier", "◀", () => span && shift(-0.25)),
      tool("later", "▶", () => span && shift(0.25)),
      tool("closer", "+", zoom(0.6)),
      tool("farther", "−", zoom(1 / 0.6)),
      el("button", { type: "button", "data-i18n": "gantt.all", onclick: () => look(null) }),
    ),
    el("div", { id: "gantt", class: "gantt" }),
    el("p", { class: "quiet small", "data-i18n": "gantt.help" }),
    el("div", { id: "left-out" }),
    el("div", { id: "pending" }),
  );
  onRows((found) => {
    const isOther = !chart || !found || chart.plan.version !== found.plan.version;
    chart = found;
    if (isOther) span = null;
    draw();
  });
  onOrders(draw);
  store.subscribe(["selected", "timeline"], draw);
  store.subscribe(["minute"], drawInstant);
  window.addEventListener("lifeline:words", draw);
  new ResizeObserver(() => draw()).observe(place.querySelector("#gantt"));
  place.querySelector("#gantt").addEventListener("wheel", onWheel, { passive: false });
  keepFromScrolling(place.querySelector("#gantt"));
}

const width = () => Math.max(320, place.querySelector("#gantt").clientWidth - 2);
const scale = () => (width() - LABEL - 8) / (span.to - span.from);
const at = (minute) => LABEL + (minute - span.from) * scale();
const minuteAt = (x) => span.from + (x - LABEL) / scale();

// What stays where it is when one looks closer: the instant, where that is in sight.
function focus() {
  const { minute } = store.get();
  return minute >= span.from && minute <= span.to ? minute : (span.from + span.to) / 2;
}

function look(next) {
  span = next;
  draw();
}

function zoomAround(minute, factor) {
  const long = Math.min(Math.max((span.to - span.from) * factor, NEAREST_MINUTES), (whole.to - whole.from) * 1.2);
  const share = (minute - span.from) / (span.to - span.from);
  look({ from: minute - share * long, to: minute + (1 - share) * long });
}

function shift(share) {
  const by = share * (span.to - span.from);
  look({ from: span.from + by, to: span.to + by });
}

// The wheel alone scrolls the rows; with Ctrl it looks closer, with Shift along the time.
function onWheel(event) {
  if (!span || !(event.ctrlKey || event.shiftKey)) return;
  event.preventDefault();
  const x = event.clientX - place.querySelector("#gantt").getBoundingClientRect().left;
  if (event.ctrlKey) zoomAround(minuteAt(x), event.deltaY > 0 ? 1.25 : 0.8);
  else shift((event.deltaY || event.deltaX) > 0 ? 0.1 : -0.1);
}

function draw() {
  const ground = place.querySelector("#gantt");
  measure();
  drawPending(place.querySelector("#pending"));
  drawLeftOut();
  if (!chart || !chart.rows.length) {
    ground.replaceChildren(el("p", { class: "empty" }, t(chart ? "gantt.nothing" : "gantt.no_plan")));
    return;
  }
  const visits = chart.rows.flatMap((row) => row.visits);
  const from = Math.min(...visits.map((visit) => visit.depart), store.get().minute);
  const to = Math.max(...visits.map((visit) => visit.finish), from + 60);
  whole = { from, to: to + 0.03 * (to - from) };
  if (!span) span = { ...whole };
  const hadFocus = ground.contains(document.activeElement);
  const high = ROW * chart.rows.length;
  const drawing = svg("svg", { width: width(), height: high, role: "group", "aria-label": t("gantt.title") });
  const { lines, head } = axis(high);
  drawing.append(...chart.rows.map(drawRow), lines, instant(high), labels());
  ground.replaceChildren(head, drawing);
  if (hadFocus && focused) focusOn(focused);
}

// The times stand in a drawing of their own, which stays in sight while the rows scroll.
function axis(high) {
  const step = STEPS.find((one) => one >= (MARK_LETTERS * LETTER) / scale()) || STEPS[STEPS.length - 1];
  const isLong = span.to - span.from > DAY;
  const lines = svg("g", { "aria-hidden": "true" });
  const head = svg("svg", { width: width(), height: TOP, class: "head", "aria-hidden": "true" });
  const past = dayMinute(0) % step; // Marks stand at whole hours of the place's clock, not of the shock's.
  for (let minute = Math.ceil((span.from + past) / step) * step - past; minute <= span.to; minute += step) {
    const x = at(minute);
    lines.append(svg("line", { x1: x, x2: x, y1: 0, y2: high, class: "grid" }));
    const text = step >= DAY ? clock(minute).replace(/[\s,]{0,3}\d\d:\d\d$/, "") : isLong ? dayAndHour(minute) : hour(minute);
    if (x < width() - 5 * LETTER) head.append(svg("text", { x, y: 0.67 * TOP, class: "tick" }, text));
  }
  return { lines, head };
}

function drawRow(row, index) {
  const y = index * ROW;
  const bars = row.visits.filter((visit) => visit.finish >= span.from && visit.depart <= span.to);
  return svg(
    "g",
    { dataset: { crew: row.crew } },
    svg("rect", { x: 0, y, width: width(), height: ROW, class: index % 2 ? "row odd" : "row" }),
    bars.map((visit) => drawBar(visit, y + (ROW - BAR) / 2)),
  );
}

function drawBar(visit, y) {
  const { selected } = store.get();
  const locked = ordersOf(orders(), visit.job);
  const isChosen = selected && selected.kind === "job" && selected.id === visit.job;
  const piece = (from, to, name, height) =>
    to > from && svg("rect", { x: at(from), y: y + (BAR - height) / 2, width: Math.max((to - from) * scale(), 1), height, class: name });
  const room = (visit.finish - visit.start) * scale();
  const text = `${locked.length ? "🔒" : ""}${typeof visit.accepted_minute === "number" ? "✓ " : ""}${visit.job}`;
  const told = says(visit, locked);
  const bar = svg(
    "g",
    {
      class: `visit sector-${visit.sector || "none"}${isChosen ? " chosen" : ""}${locked.length ? " locked" : ""}`,
      role: "button",
      tabindex: (focused || chart.rows.find((row) => row.visits.length).visits[0].job) === visit.job ? 0 : -1,
      "aria-label": told,
      dataset: { job: visit.job },
    },
    svg("title", {}, told),
    piece(visit.depart, visit.arrive, "travel", BAR / 4),
    piece(visit.arrive, visit.start, "wait", BAR / 2),
    piece(visit.start, visit.finish, "work", BAR),
    room > 5 * LETTER && svg("text", { x: Math.max(at(visit.start), LABEL) + 4, y: y + 0.72 * BAR }, fitted(text, room)),
  );
  bar.addEventListener("pointerdown", (event) =>
    startDrag(event, bar, { rowAt, onClick: () => select(visit), onCancel: draw, onDrop: (row, pixels) => drop(visit, row, visit.start + pixels / scale()) }),
  );
  bar.addEventListener("keydown", (event) => onKey(event, visit));
  bar.addEventListener("focus", () => (focused = visit.job));
  bar.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    openOrders(visit, chart);
  });
  return bar;
}

const fitted = (text, room) => (text.length * LETTER > room - 8 ? `${text.slice(0, Math.max(1, Math.floor((room - 14) / LETTER)))}…` : text);

function says(visit, locked) {
  const parts = [
    t("gantt.visit", { job: visit.job, crew: visit.crew, start: clock(visit.start), finish: clock(visit.finish) }),
    t("gantt.parts", {
      travel: duration(visit.arrive - visit.depart),
      wait: duration(visit.start - visit.arrive),
      work: duration(visit.finish - visit.start),
    }),
    visit.sector ? tOr(`sector.${visit.sector}`, visit.sector) : "",
    typeof visit.accepted_minute === "number" ? t("gantt.accepted", { time: hour(visit.accepted_minute) }) : "",
    ...locked.map((order) => t(`orders.${order.kind}`, { job: order.job, value: order.value })),
  ];
  return parts.filter(Boolean).join("\n");
}

// Drawn last: bars that begin before the axis go behind them.
function labels() {
  return svg(
    "g",
    {},
    chart.rows.map((row, index) => {
      const y = index * ROW;
      return svg(
        "g",
        { class: "label", onclick: () => store.set({ selected: { kind: "crew", id: row.crew } }) },
        svg("title", {}, row.crew),
        svg("rect", { x: 0, y, width: LABEL - 4, height: ROW }),
        svg("text", { x: 4, y: y + 0.64 * ROW }, fitted(row.crew, LABEL)),
      );
    }),
  );
}

function instant(high) {
  const x = at(store.get().minute);
  return svg("line", { id: "gantt-instant", x1: x, x2: x, y1: 0, y2: high, class: "instant", visibility: x < LABEL ? "hidden" : "visible" });
}

function drawInstant() {
  const line = place.querySelector("#gantt-instant");
  if (!line || !span) return;
  const x = at(store.get().minute);
  line.setAttribute("x1", x);
  line.setAttribute("x2", x);
  line.setAttribute("visibility", x < LABEL ? "hidden" : "visible");
}

function drawLeftOut() {
  const ground = place.querySelector("#left-out");
  const left = chart ? chart.unassignable : [];
  ground.replaceChildren();
  if (!left.length) return;
  ground.append(
    el("h3", {}, t("gantt.left_out", { jobs: left.length })),
    el("ul", {}, left.map((one) => el("li", {}, el("b", {}, one.job), undoable(one)))),
  );
}

function focusOn(job) {
  const bar = [...place.querySelectorAll(".visit")].find((one) => one.dataset.job === job);
  if (!bar) return;
  for (const other of place.querySelectorAll(".visit[tabindex='0']")) other.setAttribute("tabindex", "-1");
  bar.setAttribute("tabindex", "0");
  bar.focus();
}

function onKey(event, visit) {
  const row = chart.rows.findIndex((one) => one.crew === visit.crew);
  const visits = chart.rows[row].visits;
  const here = visits.findIndex((one) => one.job === visit.job);
  const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const updown = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (sideways) go(visits[here + sideways]);
  else if (updown) {
    let other = row + updown;
    while (chart.rows[other] && !chart.rows[other].visits.length) other += updown;
    const near = chart.rows[other] ? [...chart.rows[other].visits] : [];
    go(near.sort((a, b) => Math.abs(a.start - visit.start) - Math.abs(b.start - visit.start))[0]);
  } else if (event.key === "Enter" || event.key === " ") select(visit);
  else if (event.key.toLowerCase() === "o" || event.key === "ContextMenu") openOrders(visit, chart);
  else return;
  event.preventDefault();
}

function go(visit) {
  if (!visit) return;
  focused = visit.job;
  if (visit.finish < span.from || visit.start > span.to) {
    const long = span.to - span.from;
    look({ from: visit.start - long / 3, to: visit.start + (2 * long) / 3 });
  }
  focusOn(visit.job);
}

const select = (visit) => store.set({ selected: { kind: "job", id: visit.job } });

const rowAt = (y) => chart.rows[Math.floor(y / ROW)] || null;

function drop(visit, row, minute) {
  if (row && row.crew !== visit.crew) give({ job: visit.job, kind: "crew", value: row.crew });
  else {
    const order = row && orderOfDrop(row.visits, visit, minute);
    if (order) give(order);
  }
  draw();
}
