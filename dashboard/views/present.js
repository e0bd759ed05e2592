// A cover over the page, above which one part of the page is laid, enlarged.  Words are enlarged by `zoom`; figures keep their own
// pixels, so that their lines stay sharp, and get larger type and more height instead.  All is put back when the view changes.

const TEXT = 14      // [px], the size of words in a card
const WANTED = 1.3   // their size in a presentation [hundredths of the width of the screen]
const LEAST = 0.42   // share of the room that figures should get
const FONTS = ["axis_label_text_font_size", "major_label_text_font_size", "label_text_font_size", "title_text_font_size", "text_font_size"]

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) { made.setAttribute(key, value) }
  made.append(...children)
  return made
}

function* parts(root) {  // all elements, under all shadow roots
  for (const part of root.querySelectorAll("*")) {
    yield part
    if (part.shadowRoot) { yield* parts(part.shadowRoot) }
  }
}

const above = (part) => part.parentElement ?? part.getRootNode().host ?? null
const find = (name, root = document) => [...parts(root)].find((part) => part.classList.contains(name)) ?? null

function holds(card, part) {
  for (let up = part; up; up = above(up)) { if (up === card) { return true } }
  return false
}

// what was changed on the page, to be put back in reverse
class Changes {
  back = []
  style(part, styles) {
    if (!part.presented) {
      const before = part.getAttribute("style") ?? ""
      part.presented = true
      this.back.push(() => { part.setAttribute("style", before); delete part.presented })
    }
    for (const [key, value] of Object.entries(styles)) { part.style.setProperty(key, value, "important") }
  }
  inert(part) {
    if (part.inert) { return }
    part.inert = true
    this.back.push(() => { part.inert = false })
  }
  model(model, values) {  // here only: the server need not know
    const before = Object.fromEntries(Object.keys(values).map((key) => [key, model[key]]))
    this.back.push(() => model.setv(before, {sync: false}))
    model.setv(values, {sync: false})
  }
  undo() {
    for (const call of this.back.reverse()) { call() }
    this.back = []
  }
}

const larger = (size, factor) => size.replace(/^[\d.]+/, (number) => (Number(number) * factor).toFixed(3))

// larger type, lines and marks of a figure
function enlarge(figure, factor, changes) {
  const told = [figure, ...figure.left, ...figure.below, ...figure.right, ...figure.above, ...figure.center]
  const glyphs = figure.renderers.map((renderer) => renderer.glyph).filter(Boolean)
  for (const model of [...told, ...glyphs]) {
    const values = {}
    for (const name of FONTS) {
      const now = model[name]
      if (typeof now === "string") { values[name] = larger(now, factor) }
      else if (now && typeof now.value === "string") { values[name] = {value: larger(now.value, factor)} }
    }
    for (const name of ["line_width", "size"]) {
      const now = glyphs.includes(model) ? model[name] : null
      if (now && typeof now.value === "number") { values[name] = {value: now.value * factor} }
    }
    if (Object.keys(values).length) { changes.model(model, values) }
  }
}

export function render({model, view}) {
  let wishes = 0, clock = null
  const ask = (what) => { model.asked = {what, number: ++wishes} }
  const said = model.said
  const changes = new Changes()

  const title = element("h1"), says = element("p", {class: "says"}), room = element("div", {class: "room"})
  const notes = element("aside", {class: "notes", hidden: "", "aria-label": said.notes}), where = element("p")
  const live = element("div", {"aria-live": "polite"}, title, says)
  const button = (label, call) => {
    const made = element("button", {type: "button"}, label)
    made.addEventListener("click", () => { if (made.getAttribute("aria-disabled") !== "true") { call() } })
    return made
  }
  const remark = () => { notes.hidden = !notes.hidden; fit() }
  const [back, next, remarks, leave] = [
    button(said.back, () => ask("back")), button(said.next, () => ask("next")),
    button(said.notes, remark), button(said.leave, () => ask("leave"))]
  const cover = element("section", {class: "cover", hidden: "", tabindex: "-1", "aria-label": said.stage},
    live, room, notes, element("div", {class: "foot", title: said.keys}, where, back, next, remarks, leave))

  const unit = () => Math.min(window.innerWidth / 100, window.innerHeight / 56.25)
  const measure = () => cover.style.setProperty("--u", `${unit()}px`)
  const figures = (card) => {
    const all = [...view.model.document._all_models.values()].filter((each) => each.type === "Figure")
    return all.map((figure) => ({figure, el: Bokeh.index.find_one(figure)?.el})).filter(({el}) => el && holds(card, el))
  }

  // what can be chosen is no part of a presentation
  const strip = (card) => {
    let found = false
    for (const part of parts(card.shadowRoot)) {
      const inside = part.shadowRoot
      if (inside && [...inside.querySelectorAll(".MuiFormControl-root, .MuiButtonBase-root, .MuiFormControlLabel-root, .buttons")].length) {
        found ||= !part.presented
        changes.style(part, {display: "none"})
      }
    }
    return found
  }

  // everything but the card and the cover is out of reach
  const cut_off = (card) => {
    for (let part = card; part && part !== document.documentElement; part = above(part)) {
      const around = part.parentNode
      for (const other of around?.children ?? []) {
        if (other !== part && !holds(other, cover) && !["STYLE", "LINK", "SCRIPT", "HEAD"].includes(other.tagName)) { changes.inert(other) }
      }
    }
  }

  let card = null, known = "", made = new Set(), needed = 0, scrolled = 0
  const lay = () => {
    changes.undo()
    made = new Set()
    card = find(`card-${model.shown.card}`)
    if (!card) { return }
    card.scrollIntoView({block: "nearest"})  // figures are made when they come into sight
    cut_off(card)
    strip(card)
    fit()
  }

  // the largest type at which the card has room
  const fit = () => {
    measure()
    if (!card || cover.hidden) { return }
    const space = room.getBoundingClientRect()
    const full = WANTED * unit() / TEXT
    for (const {figure, el} of figures(card)) {
      if (!made.has(figure)) {
        made.add(figure)
        enlarge(figure, full, changes)
        for (let part = el; part && part !== card; part = above(part)) {  // room of a fixed height gives way
          if (part.shadowRoot && part !== el) { changes.style(part, {height: "auto", "min-height": "0"}) }
        }
      }
    }
    let height = 0
    for (let zoom = full; zoom > 0.5 * full && height < LEAST * space.height; zoom *= 0.93) { height = place(space, zoom) }
    grow(space, Math.max(height, LEAST * space.height))
    needed = card.scrollHeight
  }

  // lays the card into the space at a zoom; the height that its words leave to its figures, which stand in a row [px]
  const place = (space, zoom) => {
    changes.style(card, {
      position: "fixed", zoom, left: `${space.left / zoom}px`, top: `${space.top / zoom}px`, width: `${space.width / zoom}px`,
      "max-height": `${space.height / zoom}px`, "max-width": "none", overflow: "hidden auto", "z-index": "1301", border: "0",
      padding: "0", "border-radius": "0", margin: "0"})
    const heights = figures(card).map(({el}) => { changes.style(el, {zoom: 1 / zoom}); return el.getBoundingClientRect().height })
    const left = space.height - (card.scrollHeight * zoom - Math.max(0, ...heights)) - 10
    return heights.length || left < 0 ? left : space.height
  }

  const grow = (space, height) => {
    for (const {figure, el} of figures(card)) {
      const ratio = figure.aspect_ratio
      if (typeof ratio === "number") {
        const width = Math.min(space.width, height * ratio)
        changes.style(el, {width: `${width}px`, height: `${width / ratio}px`, margin: "0 auto"})
        Bokeh.index.find_one(figure)?.invalidate_layout()
      } else if (figure.height !== Math.round(height)) {
        changes.model(figure, {height: Math.round(height)})
      }
    }
  }

  const watch = () => {  // figures come when they are ready, and words with the answer
    if (!card?.isConnected) { lay() }
    else if (strip(card) || figures(card).some(({figure}) => !made.has(figure)) || Math.abs(card.scrollHeight - needed) > 3) { fit() }
  }

  const show = () => {
    const now = model.shown
    const open = Object.keys(now).length > 0
    if (!open) {
      if (!cover.hidden) {
        changes.undo()
        cover.hidden = true
        find("main-content")?.scrollTo(0, scrolled)
        clearInterval(clock)
        document.removeEventListener("keydown", press, true)
        window.dispatchEvent(new Event("resize"))
      }
      known = ""
      return
    }
    const opening = cover.hidden
    title.textContent = now.title
    where.textContent = `${now.progress} · ${now.name}`
    notes.replaceChildren(...now.notes.map((text) => element("p", {}, text)))
    back.setAttribute("aria-disabled", String(now.at === 1))
    next.setAttribute("aria-disabled", String(now.at === now.of))
    cover.hidden = false
    speak()
    if (opening) {
      scrolled = find("main-content")?.scrollTop ?? 0
      clock = setInterval(watch, 400)
      document.addEventListener("keydown", press, true)
      cover.focus()
    }
    const view = `${now.name} ${now.at}`
    if (view !== known) { known = view; lay(); cover.focus() }
  }
  const speak = () => { says.textContent = model.sentence; fit() }

  const KEYS = {
    ArrowRight: "next", PageDown: "next", " ": "next", ArrowLeft: "back", PageUp: "back", Home: "first", End: "last", Escape: "leave",
  }
  const press = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) { return }
    if (event.key === " " && event.composedPath()[0].tagName === "BUTTON") { return }
    if (event.key === "n" || event.key === "N") { event.preventDefault(); remark() }
    if (event.key in KEYS) { event.preventDefault(); event.stopPropagation(); ask(KEYS[event.key]) }
  }

  model.on("shown", show)
  model.on("sentence", () => { if (!cover.hidden) { speak() } })
  window.addEventListener("resize", fit)
  model.on("remove", () => { clearInterval(clock); document.removeEventListener("keydown", press, true); window.removeEventListener("resize", fit) })
  setTimeout(show, 0)
  return cover
}
