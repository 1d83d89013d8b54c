// What may be ordered about one job, in a dialog: for the keyboard, and for what no drag can say.

import { el, labelled, option } from "./elements.js";
import { t } from "./i18n.js";
import { give, orders, ordersOf, takeBack, unlock } from "./orders.js";
import { store } from "./state.js";

export function openOrders(visit, chart) {
  const crews = chart.rows.map((row) => row.crew);
  const others = chart.rows.flatMap((row) => row.visits.map((one) => one.job)).filter((job) => job !== visit.job);
  const dialog = el("dialog", { class: "orders", "aria-labelledby": "orders-title" });
  const done = (act) => () => {
    act();
    dialog.close();
  };
  const order = (kind, value = "") => done(() => give({ job: visit.job, kind, value }));
  const choice = (kind, names, chosen) => {
    const select = el("select", {}, names.map((name) => option(name, name, name === chosen)));
    const text = t(`orders.choose_${kind}`);
    return el(
      "div",
      { class: "bar-row" },
      labelled(text, select, { class: "grow" }),
      el("button", { type: "button", "aria-label": text, onclick: () => order(kind, select.value)() }, t("orders.give")),
    );
  };
  const standing = ordersOf(orders(), visit.job);
  dialog.append(
    el("h2", { id: "orders-title" }, t("orders.about", { job: visit.job, crew: visit.crew })),
    standing.length
      ? el(
          "ul",
          { class: "plain" },
          standing.map((one) =>
            el(
              "li",
              { class: "bar-row" },
              el("span", { class: "grow" }, t(`orders.${one.kind}`, one)),
              el("button", { type: "button", onclick: done(() => takeBack(one)) }, t("orders.take_back")),
            ),
          ),
        )
      : el("p", { class: "quiet" }, t("orders.none_for_job")),
    el(
      "div",
      { class: "bar-row wrap" },
      el("button", { type: "button", class: "main", onclick: order("crew", visit.crew) }, t("orders.pin_here", visit)),
      el("button", { type: "button", onclick: order("not_crew", visit.crew) }, t("orders.forbid_here", visit)),
      el("button", { type: "button", onclick: order("first") }, t("orders.make_first", visit)),
    ),
    choice("crew", crews, visit.crew),
    choice("not_crew", crews, visit.crew),
    others.length ? choice("after", others, others[0]) : null,
    el(
      "div",
      { class: "bar-row wrap" },
      standing.length ? el("button", { type: "button", onclick: done(() => unlock(visit.job)) }, t("orders.unlock")) : null,
      el("button", { type: "button", onclick: done(() => store.set({ selected: { kind: "job", id: visit.job } })) }, t("orders.explain")),
      el("span", { class: "grow" }),
      el("button", { type: "button", onclick: () => dialog.close() }, t("orders.close")),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
