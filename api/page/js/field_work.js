// The jobs of one crew as cards: the first one that is not done with all its buttons, the later ones folded.

import { hourAt, t, tOr } from "./i18n.js";
import { button } from "./outbox_list.js";
import { reports } from "./outbox.js";

const WORK_MINUTES = [30, 60, 120, 240, 480];
const MOST_ROADS = 6;
const WHY_BLOCKED = ["road", "parts", "unsafe", "other"];

// Which row of choices is open, and which folded parts: they stay as they are when news is drawn.
let open = null;
const unfolded = new Set();

export function drawWork(place, context) {
  // Nobody's typing is thrown away by news.
  if (place.contains(document.activeElement) && document.activeElement.matches("input")) return;
  const { now } = context;
  const redraw = () => drawWork(place, context);
  const say = (update) => {
    open = null;
    context.report(update);
  };
  if (!now.work) {
    place.replaceChildren(words("p", t("field.no_plan_yet"), "empty"));
    return;
  }
  const jobs = now.work.visits.map((visit) => ({ visit, state: stateOf(visit.job, now), accepted: acceptedAt(visit.job, now) }));
  const todo = jobs.filter((job) => job.state !== "job_finished");
  const done = jobs.filter((job) => job.state === "job_finished");
  const draw = { now, todo, say, redraw, choose: (name) => toggle(name, redraw) };
  place.replaceChildren();
  if (!jobs.length) place.append(words("p", t("field.no_work"), "empty"));
  else if (!todo.length) place.append(words("p", t("field.all_done"), "empty"));
  if (todo.length) place.append(words("h2", t("field.next")), card(todo[0], draw));
  if (todo.length > 1) {
    place.append(words("h2", t("field.later", { count: todo.length - 1 })));
    for (const job of todo.slice(1)) place.append(folded(job, draw));
  }
  place.append(elsewhere(draw, context.me));
  if (done.length) place.append(doneList(done));
}

const reportsHere = (now) => reports().filter((one) => !one.refused && one.incident === now.id);

// What was last said of a job: on this phone, sent or not, else as the service knows.
function stateOf(job, now) {
  const mine = reportsHere(now).filter((one) => one.update.job === job);
  const last = mine.filter((one) => SAYS_HOW_FAR.has(one.update.kind)).at(-1);
  if (last) return last.update.kind;
  return now.reported[job] ? now.reported[job].kind : "";
}

// When the crew said that it takes a job, as an hour of the place's clock; "" where it did not.
function acceptedAt(job, now) {
  const mine = reportsHere(now).find((one) => one.update.kind === "job_accepted" && one.update.job === job);
  const minute = (now.accepted || {})[job];
  if (!mine && minute === undefined) return "";
  const moment = mine ? Date.parse(mine.update.happened_at) : Date.parse(now.started_at) + minute * 60_000;
  return hourAt(new Date(moment), now.timezone);
}

const SAYS_HOW_FAR = new Set(["job_started", "job_finished", "job_blocked", "job_unblocked"]);

function toggle(name, redraw) {
  open = open === name ? null : name;
  redraw();
}

function words(tag, text, className = "") {
  const made = document.createElement(tag);
  Object.assign(made, { textContent: text, className });
  return made;
}

function card(job, draw) {
  const box = document.createElement("article");
  box.className = "job";
  box.append(...facts(job), actions(job, draw));
  return box;
}

function folded(job, draw) {
  const box = document.createElement("details");
  box.className = "job";
  box.open = unfolded.has(job.visit.job);
  box.addEventListener("toggle", () => unfolded[box.open ? "add" : "delete"](job.visit.job));
  const line = words("summary", t("field.at", { time: dayAndHour(job.visit.start_clock), job: job.visit.job }));
  box.append(line, ...facts(job), actions(job, draw));
  return box;
}

function facts({ visit, state, accepted }) {
  const sector = tOr(`sector.${visit.sector}`, visit.sector);
  const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  const found = [words("h3", visit.job)];
  if (state) found.push(words("p", t(`field.state_${state}`), `state ${state}`));
  if (accepted && !state) found.push(words("p", t("field.accepted_at", { time: accepted }), "state job_accepted"));
  found.push(
    words("p", [sector, tOr(`kind.${visit.kind}`, visit.kind)].filter(Boolean).join(" · "), "quiet"),
    words("p", t("field.times", { arrive: dayAndHour(visit.arrive_clock), start: hourOf(visit.start_clock), finish: finishOf(visit) })),
  );
  const why = visit.reason[language];
  if (why) found.push(words("p", t("field.why", { why })));
  if (visit.longitude !== null) {
    const link = words("a", t("field.navigate"));
    link.href = `geo:${visit.latitude},${visit.longitude}`;
    found.push(link);
  }
  return found;
}

// "09:30" of "2026-03-02T09:30:00+01:00": the clock of the place, whatever this phone's own says.
const hourOf = (clock) => (clock ? clock.slice(11, 16) : "–");

// "Mon 09:30": a crew's jobs go over days.
function dayAndHour(clock) {
  if (!clock) return "–";
  const locale = document.documentElement.lang === "en" ? "en-GB" : "zh-CN";
  const day = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" });
  return `${day.format(new Date(`${clock.slice(0, 10)}T00:00:00Z`))} ${hourOf(clock)}`;
}

const finishOf = ({ start_clock: start, finish_clock: finish }) =>
  start && finish && start.slice(0, 10) === finish.slice(0, 10) ? hourOf(finish) : dayAndHour(finish);

function actions({ visit: { job }, state, accepted }, { say, choose, now }) {
  const crew = now.work.crew;
  const row = document.createElement("div");
  row.className = "actions";
  const isBegun = state === "job_started";
  const add = (key, act, className) => row.append(button(key, act, className));
  const addOpener = (name, key, className = "") => {
    add(key, () => choose(`${name} ${job}`), className);
    row.lastChild.setAttribute("aria-expanded", String(open === `${name} ${job}`));
  };
  const isOpen = !isBegun && state !== "job_blocked";
  if (isOpen && !accepted) add("field.accept", () => say({ kind: "job_accepted", job, crew }), "main");
  if (isOpen) add("field.started", () => say({ kind: "job_started", job, crew }), accepted ? "main" : "");
  if (state === "job_blocked") add("field.free", () => say({ kind: "job_unblocked", job }), "main");
  addOpener("finished", "field.finished", isBegun ? "main" : "");
  addOpener("work", isBegun ? "field.left" : "field.takes");
  if (isOpen) addOpener("blocked", "field.blocked");
  const titles = {
    [`work ${job}`]: isBegun ? "field.left_how_long" : "field.takes_how_long",
    [`blocked ${job}`]: "field.blocked_why",
  };
  const options = {
    [`finished ${job}`]: [[t("field.finished_sure"), { kind: "job_finished", job, crew }]],
    [`work ${job}`]: WORK_MINUTES.map((minutes) => [span(minutes), { kind: isBegun ? "job_left" : "job_takes", job, minutes }]),
    [`blocked ${job}`]: WHY_BLOCKED.map((why) => [t(`field.blocked_${why}`), { kind: "job_blocked", job, note: t(`field.blocked_${why}`) }]),
  };
  const box = document.createElement("div");
  box.append(row);
  if (options[open]) box.append(choices(options[open], say, titles[open]));
  return box;
}

function choices(options, say, title) {
  const row = document.createElement("div");
  row.className = "actions choices";
  if (title) row.append(words("p", t(title)));
  for (const [text, update] of options) {
    const made = words("button", text);
    made.type = "button";
    made.addEventListener("click", () => say(update));
    row.append(made);
  }
  return row;
}

const span = (minutes) => (minutes < 60 ? t("shell.minutes", { minutes }) : t("shell.hours", { hours: minutes / 60 }));

// New damage at one of the crew's sites, roads near them; who may report on everything also names other parts.
function elsewhere({ now, todo, say, choose }, me) {
  const box = document.createElement("section");
  const row = document.createElement("div");
  row.className = "actions";
  const isFree = Boolean(me && me.rights.includes("report_updates"));
  const closed = roadsClosed(now);
  const near = [...new Set(todo.flatMap(({ visit }) => visit.roads_near || []))];
  const shut = near.filter((link) => closed.has(link));
  const offers = [["damage", "field.damage", true], ["road", "field.road_closed", isFree || near.length], ["opened", "field.road_opened", shut.length]];
  for (const [name, key] of offers.filter((offer) => offer[2])) {
    row.append(button(key, () => choose(name)));
    row.lastChild.setAttribute("aria-expanded", String(open === name));
  }
  box.append(words("h2", t("field.elsewhere")), row);
  const options = {
    damage: () => [...new Set(now.work.visits.map((visit) => visit.component).filter(Boolean))].map((component) => [component, { kind: "damage_found", component }]),
    road: () => near.filter((link) => !closed.has(link)).slice(0, MOST_ROADS).map((link) => [link, { kind: "road_closed", link }]),
    opened: () => shut.map((link) => [link, { kind: "road_opened", link }]),
  };
  const listed = options[open] ? options[open]() : [];
  if (listed.length) box.append(choices(listed, say, open === "damage" ? "field.which_site" : "field.which_road"));
  if ((isFree && open === "damage") || open === "road") box.append(named(open, say, open === "road" ? near : []));
  return box;
}

// Which roads are closed: as the service knows, and as was tapped on this phone since.
function roadsClosed(now) {
  const found = new Set(now.roads_closed);
  for (const { update } of reportsHere(now)) {
    if (update.kind === "road_closed") found.add(update.link);
    if (update.kind === "road_opened") found.delete(update.link);
  }
  return found;
}

// A name typed in, for what is not on the list.
function named(what, say, known) {
  const form = document.createElement("form");
  form.className = "named";
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { required: true, maxLength: 200, autocomplete: "off" });
  const list = document.createElement("datalist");
  list.id = "known-names";
  list.append(...known.map((name) => new Option(name, name)));
  input.setAttribute("list", list.id);
  label.append(words("span", t(`field.name_${what}`)), input, list);
  const submit = words("button", t("field.report"));
  submit.type = "submit";
  form.append(label, submit);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = input.value.trim();
    input.blur();
    say(what === "road" ? { kind: "road_closed", link: name } : { kind: "damage_found", component: name });
  });
  return form;
}

function doneList(done) {
  const box = document.createElement("details");
  box.className = "job";
  box.open = unfolded.has("done");
  box.addEventListener("toggle", () => unfolded[box.open ? "add" : "delete"]("done"));
  box.append(words("summary", t("field.done", { count: done.length })));
  const list = document.createElement("ul");
  list.append(...done.map(({ visit }) => words("li", visit.job)));
  box.append(list);
  return box;
}
