/* What the pages do beyond links and forms. No inline script anywhere (see the CSP); without this
   file every action still works as a plain form, only without live updates. */
"use strict";

(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const say = (key, values = {}) =>
    Object.entries(values).reduce(
      (text, [name, value]) => text.replaceAll(`{${name}}`, value),
      document.body.dataset[key] || "",
    );
  const clock = (at) =>
    new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false }).format(at);
  const meta = (name) => $(`meta[name="${name}"]`)?.content;

  /* Requests: the CSRF token, "Working…" after a second, and what went wrong, said in words. */
  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRF-Token"] = meta("csrf-token");
  });
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    const button = ctx.sourceElement?.matches?.("form") ? $("button[type=submit], button:not([type])", ctx.sourceElement) : null;
    if (!button) return;
    button.setAttribute("aria-busy", "true");
    ctx.slow = setTimeout(() => {
      button.dataset.text = button.textContent;
      button.textContent = say("working");
    }, 1000);
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const { ctx } = event.detail;
    clearTimeout(ctx.slow);
    const button = ctx.sourceElement?.matches?.("form") ? $("[aria-busy]", ctx.sourceElement) : null;
    if (!button) return;
    button.removeAttribute("aria-busy");
    if (button.dataset.text) button.textContent = button.dataset.text;
    delete button.dataset.text;
  });
  document.addEventListener("htmx:response:error", (event) => {
    const { ctx } = event.detail;
    if (ctx.response.status === 401) {
      location.assign(`/signin?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    let text = say("failed");
    try {
      const problem = JSON.parse(ctx.text);
      text = [problem.detail || problem.title, problem.hint].filter(Boolean).join(" ");
    } catch {
      /* not problem details: the general sentence stands */
    }
    toast(text);
  });
  document.addEventListener("htmx:error", (event) => {
    const form = event.detail.ctx?.sourceElement;
    if (form?.dataset?.queue) keep(form);
    else if (form?.matches?.("form")) toast(say("failed"));
  });

  function toast(text) {
    $(".toast")?.remove();
    const box = document.createElement("div");
    box.className = "toast";
    const words = document.createElement("span");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", document.body.dataset.dismiss || "OK");
    close.addEventListener("click", () => box.remove());
    box.append(words, close);
    document.body.append(box);
    $("#shouted").textContent = text;
  }

  /* What needs the focus gets it, after a load and after a swap. */
  const focus = () => $("[data-focus]")?.focus();
  document.addEventListener("htmx:after:swap", () => {
    focus();
    tick();
  });

  /* Ages tick silently. */
  function tick() {
    const now = Date.now() + skew;
    for (const element of $$("time[data-ago]")) {
      const age = Math.max(0, now - Number(element.dataset.ago));
      const minutes = Math.floor(age / 60000);
      const hours = Math.floor(minutes / 60);
      if (hours >= 24) continue; // days do not tick while one looks
      element.textContent = hours
        ? say("agoHours", { h: hours, m: minutes % 60 })
        : minutes
          ? say("agoMinutes", { n: minutes })
          : say("agoSeconds", { n: Math.floor(age / 1000) });
    }
  }
  const served = Number(meta("served-at")) || Date.now();
  const skew = served - Date.now(); // a phone's clock may be wrong; ages follow the server's
  setInterval(tick, 15000);

  /* Live: the stream's heartbeat is a real event; after 60 s without one the list says so. */
  let beat = Date.now();
  const staleAfter = 60000;
  function liveness() {
    const badge = $("#live");
    if (!badge) return;
    const stale = Date.now() - beat > staleAfter || !navigator.onLine;
    if (stale) {
      if (badge.dataset.state !== "stale") badge.dataset.since = beat;
      badge.dataset.state = "stale";
      badge.textContent = say("notLive", { time: clock(Number(badge.dataset.since)) });
    } else if (badge.dataset.state !== "connecting") {
      badge.dataset.state = "live";
      badge.textContent = `${say("live")} ${clock(beat)}`;
    }
    $("#refresh")?.toggleAttribute("hidden", !stale);
  }
  document.addEventListener("heartbeat", () => {
    beat = Date.now();
    const badge = $("#live");
    if (badge && badge.dataset.state !== "live") {
      if (badge.dataset.state === "stale") refetch();
      badge.dataset.state = "live";
    }
    liveness();
  });
  setInterval(liveness, 5000);

  /* News: rows that are here change in place (the stream carries them). A new one is shown at once
     while nobody touches the list, and announced above it otherwise: nothing moves under a finger. */
  const unseen = new Map();
  const shouted = new Set();
  let touched = 0;
  for (const kind of ["pointerdown", "touchmove", "wheel", "keydown"])
    addEventListener(kind, () => (touched = Date.now()), { passive: true });
  const busy = () => {
    const list = $("#worklist");
    return Date.now() - touched < 3000 || (list && list.contains(document.activeElement)) || scrollY > 200;
  };
  document.addEventListener("alert", (event) => {
    beat = Date.now();
    const news = JSON.parse(event.detail.data);
    if ($("#alert")?.dataset.code === news.code) changed();
    if (!$("#worklist")) return;
    if (!news.fresh || $(`#alert-${news.code}`)) return;
    unseen.set(news.code, news.priority);
    if (!busy()) refetch();
    showNews();
    announce();
  });
  /* The open alert follows what happens to it, but never while somebody fills in a form of it. */
  async function changed() {
    const writing = document.activeElement?.closest("#alert form")?.matches(":has(textarea, [type=radio])");
    $("#changed").hidden = !writing;
    if (writing) return;
    await htmx.ajax("GET", location.pathname, { target: "#alert", swap: "outerMorph" });
  }
  function showNews() {
    const box = $("#news");
    if (!box) return;
    box.hidden = unseen.size === 0;
    const button = $("button", box);
    const urgent = [...unseen.values()].includes("now");
    button.textContent = button.dataset[urgent ? "urgent" : "text"].replace("{n}", unseen.size);
  }
  let announced = 0;
  let announcing = null;
  function announce() {
    const wait = Math.max(0, announced + 15000 - Date.now());
    clearTimeout(announcing);
    announcing = setTimeout(() => {
      announced = Date.now();
      const list = $("#worklist");
      if (list?.dataset.summary) $("#said").textContent = list.dataset.summary;
    }, wait);
    for (const [code, priority] of unseen) {
      if (priority !== "now" || shouted.has(code)) continue;
      shouted.add(code);
      $("#shouted").textContent = (document.body.dataset.shout || "{code}").replace("{code}", code);
    }
  }
  let refetching = false;
  async function refetch() {
    const list = $("#worklist");
    if (!list || refetching) return;
    refetching = true;
    try {
      await htmx.ajax("GET", location.pathname + location.search, { target: "#worklist", swap: "outerMorph" });
      unseen.clear();
      showNews();
    } finally {
      refetching = false;
    }
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("#news button, #refresh")) refetch();
    if (event.target.closest("#changed button")) {
      document.activeElement?.blur();
      changed();
    }
    if (event.target.closest('a[href="#close-card"]')) {
      const details = $("#close-card details");
      details.open = true;
      $("input[type=radio]", details).focus();
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = $(copy.dataset.copy).textContent;
      navigator.clipboard?.writeText(text).then(() => ($("#said").textContent = copy.dataset.copied));
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    beat = Math.max(beat, Date.now() - staleAfter + 10000); // the stream gets ten seconds to come back
    refetch();
  });

  /* Offline: a banner with the age of what is shown; acknowledgements wait in the queue. */
  async function offline() {
    const banner = $("#offline");
    if (navigator.onLine) {
      banner.hidden = true;
      return;
    }
    banner.textContent = say("offline", { time: clock(served) });
    banner.hidden = false;
  }
  async function keep(form) {
    const item = homecareQueue.item(form.dataset.code, form.dataset.queue, meta("homecare-user"));
    await homecareQueue.put(item);
    const worker = await navigator.serviceWorker?.getRegistration();
    worker?.sync?.register("actions").catch(() => {});
    showWaiting();
  }
  async function showWaiting() {
    const waiting = (await homecareQueue.all()).filter((one) => one.user === meta("homecare-user"));
    for (const note of $$(".waiting")) note.remove();
    for (const one of waiting) {
      for (const form of $$(`form[data-queue="${one.action}"][data-code="${one.code}"]`)) {
        const note = document.createElement("p");
        note.className = "waiting note-box warn";
        note.setAttribute("role", "status");
        note.textContent = `⧗ ${say("waiting")}`;
        form.after(note);
      }
    }
    return waiting;
  }
  async function flush() {
    if (!(await homecareQueue.all()).length || !navigator.onLine) return;
    try {
      report(await homecareQueue.flush());
    } catch {
      /* still no network: it stays in the queue */
    }
  }
  async function report(result) {
    for (const one of result.sent) toast(`✓ ${one.code}: ${say("sent", { time: clock(one.at), done: clock(one.done_at) })}`);
    for (const one of result.lost) toast(`${one.code}: ${one.problem}`);
    if (result.signedOut) toast(say("signedOut", { n: result.waiting }));
    if (result.sent.length || result.lost.length) refetch();
    await showWaiting();
    document.dispatchEvent(new CustomEvent("homecare:flushed", { detail: result }));
  }
  addEventListener("online", () => {
    offline();
    flush();
  });
  addEventListener("offline", () => {
    offline();
    liveness();
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.dataset.queue && !navigator.onLine) {
      event.preventDefault();
      event.stopPropagation();
      await keep(form);
    }
    if (form.dataset.signout !== undefined && !form.dataset.sure) {
      event.preventDefault();
      const waiting = await homecareQueue.all();
      if (waiting.length && !confirm(form.dataset.signout.replace("{n}", waiting.length))) return;
      for (const name of await caches.keys()) await caches.delete(name);
      await homecareQueue.clear();
      form.dataset.sure = "yes";
      form.submit();
    }
  }, true);

  /* Another person on this phone: what was kept of the first one's pages goes, their actions stay. */
  async function changeOfPerson() {
    const now = meta("homecare-user");
    const before = localStorage.getItem("homecare-user");
    if (!now || now === before) return;
    if (before) for (const name of await caches.keys()) await caches.delete(name);
    localStorage.setItem("homecare-user", now);
  }
  if ("serviceWorker" in navigator) {
    changeOfPerson();
    navigator.serviceWorker.register("/sw.js").catch(() => {});
    navigator.serviceWorker.addEventListener("message", (event) => {
      if (event.data?.flushed) report(event.data.flushed);
    });
  }

  focus();
  tick();
  offline();
  liveness();
  showWaiting();
  flush();
  $("form[data-auto]")?.requestSubmit();
})();
