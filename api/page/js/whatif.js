// What if: up to four variants of the incident as it stands, planned side by side. The incident itself is not touched.

import { get, post, remove } from "./api.js";
import { changeOf, changeText, KINDS } from "./changes.js";
import { button, el, labelled, nameField, option } from "./elements.js";
import { t, tOr } from "./i18n.js";
import { refusal } from "./problems.js";
import { namesOf } from "./names.js";
import { store } from "./state.js";
import { drawAnswer } from "./whatif_answer.js";

const MOST = 4;
const LOOK_MS = 700;
const SECONDS = 20;

let place = null;
let variants = null; // [{name, changes}]
let seconds = SECONDS;
let problem = "";
let running = null; // the status of the job that is worked on
let answer = null; // {job, told}
const drafts = []; // for each variant what stands in its fields: {kind, texts}

export function mount(element) {
  place = element;
  place.append(el("div", { class: "whatif-form" }), el("div", { class: "whatif-answer" }));
  variants = [blank(1)];
  store.subscribe(["whatif"], readShared);
  store.subscribe(["incident", "timeline"], drawIfOther);
  window.addEventListener("lifeline:words", draw);
  draw();
  readShared();
}

const blank = (number) => ({ name: t("whatif.variant", { number }), changes: [] });

// A what-if in the address: shown as its asker saw it, and its variants are in the form to go on from.
async function readShared() {
  const job = store.get().whatif;
  if (!job || (answer && answer.job === job) || (running && running.jobID === job)) return;
  await follow(job);
}

async function follow(job) {
  problem = "";
  try {
    running = await get(`/jobs/${job}`);
    draw();
    while (["accepted", "running"].includes(running.status)) {
      await new Promise((done) => setTimeout(done, LOOK_MS));
      running = await get(`/jobs/${job}`);
      drawProgress();
    }
    if (running.status === "successful") {
      answer = { job, told: await get(`/v1/what-ifs/${job}`) };
      variants = answer.told.variants.slice(0, MOST).map((one) => ({ name: one.name, changes: one.changes }));
    } else problem = running.status === "dismissed" ? t("whatif.dismissed") : running.message;
  } catch (refused) {
    problem = refused.status === 404 ? t("whatif.unknown", { job }) : refusal(refused);
  }
  running = null;
  draw();
}

// Events read the incident again and again; who is typing here is not disturbed by that.
let drawnFor = "";

function drawIfOther() {
  const { incident, timeline } = store.get();
  const now = `${incident ? incident.id : ""}/${timeline ? timeline.started_at : ""}`;
  if (now !== drawnFor) draw();
  drawnFor = now;
}

function draw() {
  drawForm();
  drawAnswer(place.querySelector(".whatif-answer"), answer && answer.told);
}

function drawForm() {
  const { incident } = store.get();
  const ground = place.querySelector(".whatif-form");
  if (!incident) return void ground.replaceChildren(el("p", { class: "empty" }, t("whatif.no_incident")));
  ground.replaceChildren(
    el("h2", {}, t("whatif.title")),
    el("p", { class: "quiet small" }, t("whatif.why")),
    el("div", { class: "variants" }, variants.map(card)),
    el(
      "div",
      { class: "bar-row wrap" },
      variants.length < MOST ? el("button", { type: "button", onclick: add }, t("whatif.add_variant")) : "",
      labelled(
        t("whatif.within"),
        el("input", { type: "number", class: "short", min: 1, max: 600, value: seconds, onchange: (event) => (seconds = Number(event.target.value)) }),
      ),
      el("span", { class: "unit" }, t("planning.seconds_unit")),
      button(t("whatif.ask"), ask, { class: "main", id: "ask-what-if", disabled: Boolean(running) }),
      answer ? button(t("whatif.share"), share) : "",
    ),
    el("div", { class: "whatif-progress", role: "status" }),
    problem ? el("p", { class: "problem", role: "alert" }, problem) : "",
  );
  drawProgress();
}

function drawProgress() {
  const ground = place.querySelector(".whatif-progress");
  if (!ground) return;
  if (!running) return void ground.replaceChildren();
  ground.replaceChildren(
    el("progress", { max: 100, value: running.progress, "aria-label": t("planning.progress") }),
    el("span", {}, ` ${t("whatif.running")} `),
    button(t("whatif.stop"), async () => void (await remove(`/jobs/${running.jobID}`))),
  );
}

function add() {
  const taken = new Set(variants.map((one) => one.name));
  let number = variants.length + 1;
  while (taken.has(t("whatif.variant", { number }))) number += 1;
  variants = [...variants, blank(number)];
  draw();
}

function card(variant, index) {
  const draft = (drafts[index] = drafts[index] || { kind: Object.keys(KINDS)[0], texts: {} });
  const taken = variant.changes.map((change, at) =>
    el(
      "li",
      { class: "bar-row" },
      el("span", { class: "grow" }, changeText(change)),
      el("button", { type: "button", "aria-label": `${t("whatif.without")}: ${changeText(change)}`, onclick: () => (variant.changes.splice(at, 1), draw()) }, "✕"),
    ),
  );
  return el(
    "fieldset",
    { class: `variant variant-${index + 1}` },
    el("legend", {}, t("whatif.number", { number: index + 1 })),
    el(
      "div",
      { class: "bar-row" },
      labelled(t("whatif.name"), el("input", { type: "text", maxlength: 100, value: variant.name, onchange: (event) => (variant.name = event.target.value.trim() || variant.name) }), { class: "grow" }),
      variants.length > 1
        ? el("button", { type: "button", "aria-label": t("whatif.remove_variant", variant), onclick: () => (variants.splice(index, 1), drafts.splice(index, 1), draw()) }, "✕")
        : "",
    ),
    taken.length ? el("ul", { class: "plain" }, taken) : el("p", { class: "quiet small" }, t("whatif.no_changes")),
    labelled(
      t("whatif.kind"),
      el(
        "select",
        { onchange: (event) => ((draft.kind = event.target.value), (draft.texts = {}), draw()) },
        Object.keys(KINDS).map((kind) => option(kind, t(`whatif.kind_${kind}`), kind === draft.kind)),
      ),
    ),
    el("div", { class: "fields" }, Object.entries(KINDS[draft.kind]).map(([name, type]) => fieldOf(draft, name, type))),
    el("button", { type: "button", onclick: () => addChange(variant, draft) }, t("whatif.add_change")),
  );
}

function fieldOf(draft, name, type) {
  const text = t(`whatif.field_${name}`);
  const keep = (event) => (draft.texts[name] = event.target.value);
  if (Array.isArray(type)) {
    draft.texts[name] = draft.texts[name] || type[0];
    return labelled(text, el("select", { onchange: keep }, type.map((one) => option(one, tOr(`whatif.choice_${one}`, one), one === draft.texts[name]))));
  }
  const plain = type.replace("?", "");
  if (plain === "count") draft.texts[name] = draft.texts[name] || "1";
  const value = draft.texts[name] || "";
  if (["count", "minutes", "hours", "degrees"].includes(plain)) {
    const limits = { count: { min: 1, max: 100, step: 1 }, minutes: { min: 1, step: 1 }, hours: { min: 0, step: "any" }, degrees: { step: "any" } };
    return labelled(text, el("input", { type: "number", value, oninput: keep, ...limits[plain] }));
  }
  const { field, list } = nameField(namesOf(plain), { value, oninput: keep });
  return el("label", {}, el("span", {}, text), field, list);
}

function addChange(variant, draft) {
  const change = changeOf(draft.kind, draft.texts);
  problem = change ? "" : t("whatif.fill_in");
  if (change) {
    variant.changes.push(change);
    draft.texts = {};
  }
  draw();
}

async function ask() {
  const { incident } = store.get();
  // What stands in the fields and was not added yet is meant too.
  variants.forEach((variant, index) => {
    const change = variant.changes.length ? null : changeOf(drafts[index].kind, drafts[index].texts);
    if (change) variant.changes.push(change);
  });
  const asked = variants.filter((one) => one.changes.length);
  problem = asked.length ? "" : t("whatif.needs_change");
  if (!asked.length) return draw();
  try {
    const told = await post("/v1/what-ifs", { incident: incident.id, seconds, variants: asked });
    answer = null;
    const done = follow(told.job);
    store.set({ whatif: told.job });
    await done;
  } catch (refused) {
    problem = refusal(refused);
    draw();
  }
  return undefined;
}

async function share() {
  await new Promise((done) => setTimeout(done, 300)); // The address follows the store a little later.
  await navigator.clipboard.writeText(window.location.href).catch(() => {});
  problem = "";
  place.querySelector(".whatif-progress").textContent = t("whatif.shared", { url: window.location.href });
}
