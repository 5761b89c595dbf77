/* A chart one can walk through: uPlot on tap, arrow keys read the values aloud one by one.
   Data come from the JSON API with the reader's own session; nothing is loaded before the tap. */
"use strict";

(() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function load(element, attributes) {
    return new Promise((resolve, reject) => {
      const node = Object.assign(document.createElement(element), attributes);
      node.onload = resolve;
      node.onerror = reject;
      document.head.append(node);
    });
  }

  async function explore(button) {
    const figure = document.getElementById(button.dataset.explore);
    button.setAttribute("aria-busy", "true");
    try {
      const [answer] = await Promise.all([
        fetch(figure.dataset.source, { headers: { accept: "application/json" } }),
        window.uPlot || load("script", { src: "/static/vendor/uPlot.iife.min.js" }),
        document.querySelector("link[data-uplot]") ||
          load("link", { rel: "stylesheet", href: "/static/vendor/uPlot.min.css" }).then(() => {
            document.head.lastElementChild.dataset.uplot = "";
          }),
      ]);
      if (!answer.ok) throw new Error(String(answer.status));
      draw(figure, (await answer.json()).buckets);
      button.remove();
    } catch {
      button.textContent = document.body.dataset.failed;
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  function draw(figure, buckets) {
    const box = document.createElement("div");
    box.className = "explore";
    box.tabIndex = 0;
    box.setAttribute("role", "application");
    box.setAttribute("aria-label", `${figure.dataset.title}. ← →`);
    const spoken = document.createElement("p");
    spoken.className = "explore-value number";
    spoken.setAttribute("role", "status");
    figure.querySelector("svg.plot").replaceWith(box);
    figure.querySelector(".ys")?.remove();
    figure.querySelector(".xs")?.remove();
    figure.classList.add("explored");
    figure.setAttribute("hx-morph-skip", ""); // a live update leaves what one walks through
    box.before(spoken);
    const data = [
      buckets.map((one) => Date.parse(one.start) / 1000),
      buckets.map((one) => Number(one.mean)),
      buckets.map((one) => Number(one.low)),
      buckets.map((one) => Number(one.high)),
    ];
    const accent = css("--ds-color-accent-base-default");
    const ink = css("--ds-color-neutral-text-subtle");
    const line = css("--ds-color-neutral-border-subtle");
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
    const plot = new uPlot(
      {
        width: box.clientWidth,
        height: 220,
        cursor: { drag: { x: true, y: false } },
        legend: { show: false },
        scales: { x: { time: true } },
        axes: [axis, { ...axis, size: 48 }],
        series: [
          {},
          { stroke: accent, width: 2, points: { show: buckets.length < 120 } },
          { stroke: accent, width: 0.5, alpha: 0.6 },
          { stroke: accent, width: 0.5, alpha: 0.6 },
        ],
        bands: [{ series: [3, 2], fill: css("--ds-color-accent-surface-active") }],
        hooks: { setCursor: [(chart) => speak(chart.cursor.idx)] },
      },
      data,
      box,
    );
    let at = buckets.length - 1;
    const time = new Intl.DateTimeFormat(document.documentElement.lang, {
      weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false,
      timeZone: figure.dataset.zone || undefined,
    });
    function speak(index) {
      if (index === null || index === undefined || !buckets[index]) return;
      at = index;
      const one = buckets[index];
      const span = one.low === one.high ? one.mean : `${one.mean} (${one.low} – ${one.high})`;
      spoken.textContent = `${time.format(Date.parse(one.start))}: ${span} ${figure.dataset.unit || ""}`;
    }
    box.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
      if (!(event.key in steps)) return;
      event.preventDefault();
      at = Math.min(buckets.length - 1, Math.max(0, at + steps[event.key]));
      plot.setCursor({ left: plot.valToPos(data[0][at], "x"), top: plot.valToPos(data[1][at], "y") });
      speak(at);
    });
    new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: 220 })).observe(box);
    speak(at);
    box.focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-explore]");
    if (button) explore(button);
  });
})();
