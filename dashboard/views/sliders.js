// One slider: its name, what it means, a field to type in, a way back to zero, and a range input filled from zero outwards.
// Everything that comes from outside is set as text, never as HTML.

const MINUS = "\u2212"
const COARSE = 5

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) { made.setAttribute(name, value) }
  made.append(...children)
  return made
}

// an index follows an underscore
function indexed(label) {
  const [before, after] = label.split("_")
  if (after === undefined) { return [label] }
  const [index, ...rest] = after.split(" ")
  return [before, element("sub", {}, index), rest.length ? ` ${rest.join(" ")}` : ""]
}

export function render({model}) {
  const {label, short, unit, start, end, step, fine, texts} = model
  const decimals = 1
  const clamp = (value) => Math.min(Math.max(Math.round(value / fine) * fine, start), end)
  const written = (value) => {
    const digits = Math.abs(value).toFixed(decimals)
    return `${value > 0 ? "+" : value < 0 ? MINUS : ""}${digits} ${unit}`
  }

  const range = element("input", {type: "range", id: "range", min: start, max: end, step: fine, "aria-label": label.replace("_", " "), "aria-describedby": "sub refused note"})
  const typed = element("input", {type: "text", inputmode: "decimal", class: "typed", "aria-label": texts.set, "aria-describedby": "refused", size: 7})
  const help = element("button", {type: "button", class: "help", "aria-label": texts.about, "aria-expanded": "false", title: texts.about}, "?")
  const back = element("button", {type: "button", class: "back", "aria-label": texts.reset, title: texts.reset_title}, "\u21ba")
  const text = element("dl", {class: "about"})
  const sub = element("div", {class: "sub", id: "sub"})
  // these change while one moves the slider and are said then
  const refused = element("p", {class: "refused", id: "refused", "aria-live": "polite"})
  const note = element("p", {class: "note", id: "note", "aria-live": "polite"})
  text.hidden = true

  const tell = () => {
    text.replaceChildren(...model.about.flatMap(([term, meaning]) => [element("dt", {}, term), element("dd", {}, meaning)]))
    sub.textContent = model.sub
    sub.hidden = !model.sub
  }
  const warn = () => { note.textContent = model.note; note.hidden = !model.note }
  const refuse = (said) => {
    refused.textContent = said
    refused.hidden = !said
    typed.toggleAttribute("aria-invalid", Boolean(said))
  }
  const show = () => {
    const value = model.value
    range.value = value
    range.setAttribute("aria-valuetext", written(value))
    if (document.activeElement !== typed && typed.getRootNode().activeElement !== typed) { typed.value = written(value) }
    const share = (v) => 100 * (v - start) / (end - start)
    range.style.setProperty("--from", `${Math.min(share(0), share(value))}%`)
    range.style.setProperty("--to", `${Math.max(share(0), share(value))}%`)
    back.style.visibility = value === 0 ? "hidden" : "visible"
    typed.classList.toggle("moved", value !== 0)
  }
  const set = (value) => {
    const wanted = Number(clamp(value).toFixed(6))
    if (wanted !== model.value) { model.value = wanted }
    show()
  }
  const move = (value) => { refuse(""); set(value) }

  // dragging snaps to whole steps, typing may be finer
  range.addEventListener("input", () => move(Math.round(Number(range.value) / step) * step))
  range.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey) { return }
    const way = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1}[event.key]
    const page = {PageUp: COARSE, PageDown: -COARSE}[event.key]
    const end_ = {Home: start, End: end}[event.key]
    if (way === undefined && page === undefined && end_ === undefined) { return }
    event.preventDefault()
    if (end_ !== undefined) {
      move(end_)
    } else if (page !== undefined) {
      move(model.value + page * step)
    } else {
      move(model.value + way * (event.altKey ? fine : event.shiftKey ? COARSE * step : step))
    }
  })
  const accept = () => {
    const given = typed.value.trim()
    if (given === written(model.value) || given === "") { typed.value = written(model.value); return }
    const number = Number(given.replace(MINUS, "-").replace(",", ".").replace(unit, "").trim())
    if (Number.isFinite(number)) {
      refuse(number < start || number > end ? texts.beyond.replace("{typed}", given.slice(0, 20)) : "")
      set(number)
    } else {
      refuse(texts.no_number.replace("{typed}", given.slice(0, 20)))
    }
    typed.value = written(model.value)
  }
  typed.addEventListener("focus", () => typed.select())
  typed.addEventListener("change", accept)
  typed.addEventListener("blur", accept)
  typed.addEventListener("keydown", (event) => { if (event.key === "Escape") { refuse(""); typed.value = written(model.value); typed.blur() } })
  back.addEventListener("click", () => { move(0); range.focus() })
  help.addEventListener("click", () => {
    text.hidden = !text.hidden
    help.setAttribute("aria-expanded", String(!text.hidden))
  })
  model.on("value", show)
  model.on("note", warn)
  model.on("about", tell)
  model.on("sub", tell)
  tell()
  warn()
  refuse("")
  show()

  const name = element("label", {for: "range"}, ...indexed(label))
  const ends = element("div", {class: "ends", "aria-hidden": "true"}, element("span", {}, written(start).replace(".0", "")),
    element("span", {}, written(end).replace(".0", "")))
  if (model.compact) {
    return element("div", {class: "control compact"},
      element("div", {class: "head"}, name, element("span", {class: "gap"}), help),
      sub, element("div", {class: "head"}, range, back, typed), refused, note, text)
  }
  return element("div", {class: "control"},
    element("div", {class: "head"}, name, help, element("span", {class: "gap"}), back, typed),
    sub, range, ends, refused, note, text)
}
