// The versions of the plan: which is shown, which is approved, and how to approve the newest one.

import { get, post } from "./api.js";
import { dayAndHour, minuteOf } from "./clock.js";
import { button, el } from "./elements.js";
import { gapText, hoursText } from "./figures.js";
import { showPlan } from "./following.js";
import { t, tOr } from "./i18n.js";
import { refusal } from "./problems.js";
import { printLists } from "./print.js";
import { store } from "./state.js";

const SHOWN = 8; // More only on request: the newest are what is worked with.

let place = null;
let isLong = false;
let problem = "";

export function mountVersions(element) {
  place = element;
  store.subscribe(["plans", "plan", "incident", "timeline"], draw);
  window.addEventListener("lifeline:words", draw);
  draw();
}

function draw() {
  const { incident, plans, plan } = store.get();
  if (!incident) return place.replaceChildren();
  const list = isLong ? plans : plans.slice(0, SHOWN);
  place.replaceChildren(
    el("h2", {}, t("versions.title")),
    plans.length ? table(list, plan) : el("p", { class: "empty" }, t("versions.none")),
    plans.length > list.length
      ? el("button", { type: "button", onclick: () => ((isLong = true), draw()) }, t("versions.all", { plans: plans.length }))
      : "",
    plan ? actions(incident, plans, plan) : "",
    problem ? el("p", { class: "problem", role: "alert" }, problem) : "",
  );
  return undefined;
}

function table(list, plan) {
  const head = ["version", "status", "cost", "gap", "made"].map((name) => el("th", { scope: "col", class: name === "cost" ? "number" : "" }, t(`versions.${name}`)));
  const rows = list.map((one) => {
    const isShown = plan && one.version === plan.version;
    return el(
      "tr",
      { "aria-current": isShown ? "true" : null },
      el("td", {}, el("button", { type: "button", "aria-pressed": String(Boolean(isShown)), "aria-label": t("versions.show", one), onclick: () => showPlan(one.version) }, one.version)),
      el("td", {}, statusText(one)),
      el("td", { class: "number" }, hoursText(one.figures.objective)),
      el("td", {}, `${tOr(`planning.label_${one.label.replaceAll(" ", "_")}`, one.label)} · ${gapText(one.figures.objective, one.figures.bound)}`),
      el("td", {}, dayAndHour(minuteOf(one.created_at))),
    );
  });
  return el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)));
}

const statusText = (plan) => t(`versions.${plan.status}`) + (plan.stale_since ? ` · ${t("versions.stale")}` : "");

function actions(incident, plans, plan) {
  const why = whyNot(incident, plans, plan);
  return el(
    "div",
    { class: "bar-row wrap" },
    button(t("versions.approve", plan), () => confirm(incident, plan), { class: "main", id: "approve", disabled: Boolean(why), "aria-describedby": why ? "approve-why" : null }),
    button(t("versions.print", plan), () => printLists(incident, plan)),
    why ? el("span", { id: "approve-why", class: "quiet" }, why) : "",
  );
}

// Why this plan cannot be approved, in the page's words; "" where it can.
function whyNot(incident, plans, plan) {
  if (incident.is_drill) return t("versions.not_a_drill");
  if (plan.status === "approved") return t("versions.is_approved");
  if (plans.length && plans[0].version !== plan.version) return t("versions.not_newest", { version: plans[0].version });
  return "";
}

// Approving sends people out: what is approved is said, with the hash that goes with it.
function confirm(incident, plan) {
  const dialog = el("dialog", { "aria-labelledby": "approve-title" });
  const although = el("input", { type: "checkbox", id: "although-stale" });
  const told = el("p", { class: "problem", role: "alert" });
  const yes = button(
    t("versions.yes", plan),
    async () => {
      const refused = await approve(incident, plan, although.checked);
      if (refused) told.textContent = refused;
      else dialog.close();
    },
    { class: "main", id: "approve-yes" },
  );
  if (plan.stale_since) {
    yes.hidden = true;
    although.addEventListener("change", () => (yes.hidden = !although.checked));
  }
  dialog.append(
    el("h2", { id: "approve-title" }, t("versions.approve_title", plan)),
    el("p", {}, t("versions.approve_means")),
    el(
      "dl",
      { class: "facts" },
      el("dt", {}, t("versions.cost")),
      el("dd", {}, `${hoursText(plan.figures.objective)} · ${gapText(plan.figures.objective, plan.figures.bound)}`),
      el("dt", {}, t("versions.hash")),
      el("dd", {}, el("code", {}, plan.sha256)),
    ),
    plan.stale_since ? el("label", { class: "check" }, although, el("span", {}, t("versions.although_stale"))) : "",
    told,
    el("div", { class: "bar-row" }, el("span", { class: "grow" }), el("button", { type: "button", onclick: () => dialog.close() }, t("versions.no")), yes),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

// Returns why it was refused, in the page's language, or "".
async function approve(incident, plan, although) {
  const path = `/v1/incidents/${incident.id}/plans`;
  try {
    await post(`${path}/${plan.version}/approval`, { sha256: plan.sha256, although_stale: although });
    return "";
  } catch (refused) {
    if (refused.status === 403) return t("versions.may_not");
    if (refused.status !== 409) return refusal(refused);
    return whyRefused(incident, plan, await Promise.all([get(path), get(`${path}/${plan.version}`)]).catch(() => null), refused);
  }
}

function whyRefused(incident, plan, now, refused) {
  if (incident.is_drill) return t("versions.not_a_drill");
  if (!now) return refusal(refused);
  const [{ items }, current] = now;
  if (current.sha256 !== plan.sha256) return t("versions.other_hash");
  if (items[0].version !== plan.version) return t("versions.not_newest", { version: items[0].version });
  return current.stale_since ? t("versions.stale_now") : refusal(refused);
}
