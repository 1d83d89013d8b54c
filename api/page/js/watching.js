// Watches a plan that is being worked out: its best person-hours so far and the bound as a curve, and how to end it.

import { all, get, post, remove } from "./api.js";
import { button, el, enlarged } from "./elements.js";
import { gapText, hoursText, personHours } from "./figures.js";
import { showPlan } from "./following.js";
import { number, t, tOr } from "./i18n.js";
import { store } from "./state.js";
import { stepChart } from "./step_chart.js";

const LOOK_MS = 500;
const UNDER_WAY = ["accepted", "running"];

let place = null;
let watched = null; // {job, isOurs, seconds, best: [[s, hours]], bound: [[s, hours]], status, problem}
let timer = 0;

export function mountWatching(element) {
  place = element;
  store.subscribe(["incident"], findOne);
  store.subscribe(["news"], ({ news }) => {
    if (news && news.kind === "plan.requested" && !isBusy()) watch(news.body.job);
  });
  window.addEventListener("lifeline:words", draw);
  findOne();
}

const isBusy = () => Boolean(watched && (!watched.status || UNDER_WAY.includes(watched.status.status)));

// After a reload, or for a plan that somebody else has asked for: the last one of the log, if it still runs.
async function findOne() {
  const { incident } = store.get();
  if (!incident) return drop();
  if (watched && watched.incident === incident.id) return undefined;
  drop();
  try {
    const asked = await all(`/v1/incidents/${incident.id}/log?kind=plan.requested&limit=1000`);
    const last = asked[asked.length - 1];
    if (!last || isBusy()) return undefined;
    const status = await get(`/jobs/${last.body.job}`);
    if (UNDER_WAY.includes(status.status)) watch(last.body.job);
  } catch {
    // Whoever may not read jobs sees the plan when it is there.
  }
  return undefined;
}

function drop() {
  window.clearTimeout(timer);
  watched = null;
  draw();
}

// `isOurs`: asked for on this page, so that its plan is shown when it is there.
export function watch(job, { isOurs = false, seconds = null } = {}) {
  if (watched && watched.job === job) {
    watched.isOurs = watched.isOurs || isOurs;
    watched.seconds = watched.seconds || seconds;
    return;
  }
  window.clearTimeout(timer);
  watched = { job, isOurs, seconds, incident: store.get().incident.id, best: [], bound: [], status: null, problem: null };
  look();
}

async function look() {
  const mine = watched;
  try {
    const status = await get(`/jobs/${mine.job}`);
    if (mine !== watched) return;
    mine.problem = null;
    take(mine, status);
    if (!UNDER_WAY.includes(status.status)) return void (await ended(mine));
  } catch (problem) {
    if (mine !== watched) return;
    mine.problem = problem;
    draw();
  }
  timer = window.setTimeout(look, LOOK_MS);
}

function take(mine, status) {
  mine.status = status;
  const { best } = status;
  if (best) {
    const last = mine.best[mine.best.length - 1];
    const now = personHours(best.objective);
    if (!last || last[1] !== now) mine.best.push([best.seconds, now]);
    mine.last = best;
    if (best.bound !== null && best.bound !== undefined) {
      const known = mine.bound[mine.bound.length - 1];
      const bound = personHours(best.bound);
      if (!known || known[1] !== bound) mine.bound.push([spent(status), bound]);
    }
  }
  draw();
}

const spent = (status) =>
  status.started ? Math.max(0, (Date.parse(status.finished || status.updated) - Date.parse(status.started)) / 1000) : 0;

async function ended(mine) {
  if (mine.status.status !== "successful" || !mine.isOurs) return;
  const results = await get(`/jobs/${mine.job}/results`).catch(() => null);
  if (!results || mine !== watched) return;
  mine.result = results.plan.value;
  showPlan(mine.result.version);
  draw();
}

function draw() {
  if (!place) return;
  if (!watched) {
    place.replaceChildren();
    return;
  }
  const { status, last, problem } = watched;
  const isRunning = isBusy();
  const progress = el("progress", { max: 100, value: status ? status.progress : 0, "aria-label": t("planning.progress") });
  place.replaceChildren(
    el(
      "div",
      { class: "bar-row", role: "status" },
      el("b", {}, status ? t(`planning.${status.status}`) : t("planning.accepted")),
      isRunning ? progress : null,
      el("span", { class: "grow quiet" }, isRunning ? phase(status) : endText()),
    ),
    problem ? el("p", { class: "problem", role: "alert" }, problem.message || t("shell.unreachable")) : "",
    last
      ? el("p", {}, t("planning.best_so_far", { best: hoursText(last.objective), gap: gapText(last.objective, last.bound) }))
      : isRunning
        ? el("p", { class: "quiet" }, t("planning.no_plan_yet"))
        : "",
    watched.best.length ? curves() : "",
    isRunning
      ? el("div", { class: "bar-row wrap" }, button(t("planning.enough"), enough, { class: "main", id: "enough", disabled: !last }), button(t("planning.drop"), dismiss, { class: "danger" }), el("span", { class: "quiet small" }, t("planning.drop_why")))
      : "",
  );
}

function phase(status) {
  if (!status) return "";
  const seconds = number(Math.round(spent(status)));
  // Of one that waits it is a whole sentence, in English.
  const name = status.message && status.status === "running" ? tOr(`planning.phase_${status.message.replaceAll(" ", "_")}`, status.message) : "";
  return [t("planning.seconds", { seconds }), name].filter(Boolean).join(" · ");
}

function endText() {
  const { status, result } = watched;
  if (!status) return "";
  if (result) return t("planning.is_version", { version: result.version, label: tOr(`planning.label_${result.label.replaceAll(" ", "_")}`, result.label) });
  if (status.status === "dismissed") return t("planning.was_dropped");
  return status.status === "failed" ? status.message : "";
}

function curves() {
  const known = Math.max(spent(watched.status), watched.best[watched.best.length - 1][0]);
  const ends = Math.max(isBusy() ? watched.seconds || 0 : 0, known, 1);
  const series = [{ name: t("planning.best"), points: watched.best, className: "best" }];
  if (watched.bound.length) series.push({ name: t("planning.bound"), points: watched.bound, className: "bound" });
  const chart = stepChart({
    series,
    ends,
    known,
    width: Math.max(300, place.clientWidth - 4),
    height: 150 * enlarged(),
    x: (value) => number(Math.round(value * 10) / 10),
    xTitle: t("planning.seconds_axis"),
    yTitle: t("figures.hours_axis"),
    label: t("planning.curve_label"),
  });
  const key = (name, className) => el("span", { class: `key ${className}` }, name);
  return el("div", {}, chart, el("p", { class: "keys small" }, key(t("planning.best"), "best"), watched.bound.length ? key(t("planning.bound"), "bound") : ""));
}

const enough = () => endBy(() => post(`/jobs/${watched.job}/enough`));
const dismiss = () => endBy(() => remove(`/jobs/${watched.job}`));

async function endBy(ask) {
  const mine = watched;
  mine.isOurs = true; // Who ends a search wants to see what comes of it.
  try {
    take(mine, await ask());
  } catch (problem) {
    watched.problem = problem;
    draw();
  }
}
