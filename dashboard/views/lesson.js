// A panel beside the page (wide screens) or below it (narrow ones): a list of lessons, or a step of one.

const WIDE = 1200, WIDTH = 400  // [px], as in lesson.py

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) { made.setAttribute(key, value) }
  made.append(...children)
  return made
}

// the first element with a class, under all shadow roots
function find(name, root = document) {
  for (const part of root.querySelectorAll("*")) {
    if (part.classList.contains(name)) { return part }
    const inside = part.shadowRoot && find(name, part.shadowRoot)
    if (inside) { return inside }
  }
  return null
}

export function render({model, view}) {
  let wishes = 0
  const ask = (what, more = {}) => { model.asked = {what, ...more, number: ++wishes} }
  const said = model.said
  const paragraphs = (texts) => texts.map((text) => element("p", {}, text))

  const live = element("div", {role: "log", "aria-live": "polite", class: "unseen"})
  const dock = element("section", {class: "beside", hidden: ""})
  const body = element("div", {style: "display: contents"})
  dock.append(body)

  const button = (label, call, kind = "") => {
    const made = element("button", {type: "button", class: kind}, label)
    made.addEventListener("click", () => { if (made.getAttribute("aria-disabled") !== "true") { call() } })
    return made
  }
  const close = (label) => {
    const made = button("×", () => ask("close"), "close")
    made.setAttribute("aria-label", label)
    made.title = label
    return made
  }

  const options = (question) => {
    const group = element("fieldset", {}, element("legend", {class: "unseen"}, question.ask))
    question.options.forEach((text, i) => {
      const input = element("input", {type: "radio", name: "option", value: String(i)})
      input.disabled = question.answer !== null
      input.checked = question.answer === i
      const label = element("label", {class: "option"}, input, element("span", {}, text))
      const notes = []
      if (question.revealed && question.revealed.right === i) { label.classList.add("right"); notes.push(`✓ ${said.right}`) }
      if (question.answer === i) { notes.push(said.yours) }
      if (notes.length) { label.append(element("small", {}, notes.join(" · "))) }
      group.append(label)
    })
    if (question.answer !== null) { return [group] }
    const check = button(said.check, () => ask("answer", {value: Number(group.querySelector("input:checked").value)}), "main")
    check.setAttribute("aria-disabled", "true")
    group.addEventListener("change", () => check.setAttribute("aria-disabled", "false"))
    return [group, element("div", {}, check)]
  }

  const guess = (question) => {
    if (question.answer !== null) { return [] }
    const limits = {min: question.low, max: question.high, step: question.step}
    const named = `${said.prediction}${question.unit ? ` [${question.unit}]` : ""}`
    const slider = element("input", {type: "range", ...limits, "aria-label": named})
    const field = element("input", {type: "number", ...limits, step: "any", "aria-label": named})
    const reveal = button(said.reveal, () => ask("answer", {value: Number(field.value)}), "main")
    const judge = () => reveal.setAttribute("aria-disabled", String(field.value === "" || !field.checkValidity()))
    slider.addEventListener("input", () => { field.value = slider.value; judge() })
    field.addEventListener("input", () => { slider.value = field.value; judge() })
    field.addEventListener("keydown", (event) => { if (event.key === "Enter") { reveal.click() } })
    judge()
    return [element("div", {class: "guess"}, slider, field, element("span", {}, question.unit)), element("div", {}, reveal)]
  }

  const answered = (question) => {
    if (question.waits) { return [element("p", {}, said.waits)] }
    if (!question.revealed) { return [] }
    const {verdict, rows, text} = question.revealed
    const row = ([name, value, source]) => element("tr", {},
      element("th", {scope: "row"}, name, ...(source ? [element("small", {}, source)] : [])), element("td", {}, value))
    return [
      ...(verdict ? [element("p", {class: "verdict"}, verdict)] : []),
      ...(rows.length ? [element("table", {}, element("tbody", {}, ...rows.map(row)))] : []),
      ...paragraphs(text)]
  }

  const source = ({text, href}) =>
    href ? element("a", {href, target: "_blank", rel: "noopener noreferrer"}, text) : element("span", {}, text)

  const step = (now) => {
    const dots = element("div", {class: "dots", "aria-hidden": "true"})
    for (let i = 1; i <= now.of; i++) { dots.append(element("i", i <= now.at ? {class: "done"} : {})) }
    const back = button(said.back, () => ask("back"), "back")
    back.setAttribute("aria-disabled", String(now.at === 1))
    const last = now.at === now.of
    const next = button(last ? said.end : said.next, () => ask(last ? "close" : "next"), "main next")
    const question = now.question
    const sources = now.sources.flatMap((each, i) => i ? ["; ", source(each)] : [source(each)])
    return [
      element("div", {class: "head"}, element("p", {}, `${now.lesson} · ${now.progress}`), dots, close(said.close)),
      element("h2", {tabindex: "-1"}, now.title),
      ...paragraphs(now.text),
      ...(now.trouble ? [element("p", {class: "verdict"}, now.trouble)] : []),
      ...(question ? [element("div", {class: "question"}, element("h3", {}, question.ask),
        ...(question.options.length ? options(question) : guess(question)), ...answered(question))] : []),
      ...(sources.length ? [element("p", {class: "sources"}, `${said.sources}: `, ...sources)] : []),
      element("div", {class: "foot", title: said.keys}, back, next)]
  }

  const list = (now) => [
    element("div", {class: "head"}, element("h2", {tabindex: "-1"}, now.title), element("p", {}), close(said.closeList)),
    element("ul", {}, ...now.list.map(({name, title, about, audience}) => {
      const start = button("", () => ask("start", {name}))
      start.append(element("b", {}, title), element("span", {}, about), element("span", {}, audience))
      return element("li", {}, start)
    })),
    element("p", {class: "sources"}, element("a", {href: now.address, target: "_blank"}, now.teacher))]

  // beside the page where there is room, else below it; over what the page left free, wherever its edges are
  const place = () => {
    const {left, right} = view.el.getBoundingClientRect()
    const wide = window.innerWidth >= WIDE
    const top = Math.max(0, scroller().getBoundingClientRect().top)
    dock.classList.toggle("right", wide)
    dock.classList.toggle("bottom", !wide)
    Object.assign(dock.style, wide
      ? {left: `${right - WIDTH}px`, width: `${WIDTH}px`, top: `${top}px`, bottom: "0", maxHeight: "none"}
      : {left: `${left}px`, width: `${right - left}px`, top: "auto", bottom: "0", maxHeight: "42vh"})
  }
  const scroller = () => find("main-content") ?? document.body

  let place_now = ""  // where the visitor is: which list, which step
  const show = () => {
    const now = model.shown
    const open = Object.keys(now).length > 0
    const was = dock.hidden ? "" : place_now
    const inside = dock.getRootNode().activeElement ?? null
    const held = inside && (inside.classList.contains("next") ? ".next" : inside.classList.contains("back") ? ".back" : "h2")
    dock.hidden = !open
    place_now = open ? `${now.lesson ?? "list"} ${now.at ?? ""}` : ""
    if (!open) { live.textContent = ""; return }
    dock.setAttribute("aria-label", now.lesson ? `${said.panel}: ${now.lesson}` : now.title)
    const moved = was !== place_now
    const half = moved ? [] : [...body.querySelectorAll("input")].map((input) => [input.value, input.checked])
    body.replaceChildren(...(now.list ? list(now) : step(now)))
    if (now.question?.answer === null) { resume(half) }
    place()
    if (moved) {
      dock.scrollTop = 0
      if (now.list || !was || held) { body.querySelector(was && held ? held : "h2")?.focus({preventScroll: true}) }
      live.textContent = now.list ? now.title : `${now.progress}: ${now.title}. ${now.text.join(" ")}`
      if (now.card) { setTimeout(() => bring(now.card), 60) }
    } else if (held) {
      const question = now.question
      body.querySelector(held)?.focus({preventScroll: true})
      if (question?.revealed) { body.querySelector(".verdict, table")?.scrollIntoView({block: "nearest"}) }
    }
    if (!moved && now.question?.revealed) {
      live.textContent = [now.question.revealed.verdict, ...now.question.revealed.text].join(" ")
      setTimeout(() => bring(now.card), 60)  // the panel has grown
    }
  }
  // what was typed or marked already, when numbers come in between
  const resume = (half) => {
    [...body.querySelectorAll("input")].forEach((input, i) => {
      if (half[i] === undefined) { return }
      [input.value, input.checked] = half[i]
      if (input.checked || input.type === "number") { input.dispatchEvent(new Event(input.checked ? "change" : "input", {bubbles: true})) }
    })
  }
  const bring = (card, patience = 40) => {
    if (card !== model.shown.card) { return }  // another step by now
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches
    const below = dock.classList.contains("bottom")  // then the map ends where the panel begins
    const part = find(below && card === "headline" ? "card-map" : `card-${card}`)
    if (!part) {  // the lower parts of the page come after the upper ones
      if (patience > 0) { setTimeout(() => bring(card, patience - 1), 100) }
      return
    }
    const whole = below && part.classList.contains("card-map")
    part.style.scrollMargin = `8px 0 ${below ? dock.offsetHeight + 8 : 8}px`
    part.scrollIntoView({block: whole ? "end" : "start", behavior: still ? "auto" : "smooth"})
  }

  dock.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.preventDefault(); ask("close"); return }
    if (event.composedPath()[0].tagName === "INPUT" || event.altKey || event.ctrlKey || event.metaKey || !model.shown.of) { return }
    if (event.key === "ArrowRight" && model.shown.at < model.shown.of) { event.preventDefault(); ask("next") }
    if (event.key === "ArrowLeft" && model.shown.at > 1) { event.preventDefault(); ask("back") }
  })
  const watch = new ResizeObserver(() => { if (!dock.hidden) { place() } })
  watch.observe(view.el)
  window.addEventListener("resize", place)
  model.on("shown", show)
  model.on("remove", () => { watch.disconnect(); window.removeEventListener("resize", place) })
  setTimeout(show, 0)
  return element("div", {}, dock, live)
}
