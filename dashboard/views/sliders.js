// One slider: its name, what it means, a field to type in, a way back to zero, and a range input filled from zero outwards.
// Everything that comes from outside is set as text, never as HTML.

const MINUS = "\u2212"

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) { made.setAttribute(name, value) }
  made.append(...children)
  return made
}

export function render({model}) {
  const {label, short, unit, start, end, step, fine, about} = model
  const decimals = 1
  const clamp = (value) => Math.min(Math.max(Math.round(value / fine) * fine, start), end)
  const written = (value) => {
    const digits = Math.abs(value).toFixed(decimals)
    return `${value > 0 ? "+" : value < 0 ? MINUS : ""}${digits} ${unit}`
  }

  const range = element("input", {type: "range", id: "range", min: start, max: end, step: fine})
  const typed = element("input", {type: "text", inputmode: "decimal", class: "typed", "aria-label": `Set ${short} in ${unit}`, size: 7})
  const help = element("button", {type: "button", class: "help", "aria-label": `About ${short}`, "aria-expanded": "false", title: `About ${short}`}, "?")
  const back = element("button", {type: "button", class: "back", "aria-label": `Reset ${short}`, title: `Reset ${short} to the baseline`}, "\u21ba")
  const text = element("dl", {class: "about"})
  text.hidden = true
  for (const [term, meaning] of about) { text.append(element("dt", {}, term), element("dd", {}, meaning)) }

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

  // dragging snaps to whole steps, typing may be finer
  range.addEventListener("input", () => set(Math.round(Number(range.value) / step) * step))
  range.addEventListener("keydown", (event) => {
    const moves = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5}
    if (event.key in moves) {
      event.preventDefault()
      set(model.value + moves[event.key] * step)
    }
  })
  const accept = () => {
    const number = Number(typed.value.replace(MINUS, "-").replace(",", ".").replace(unit, "").trim())
    if (typed.value.trim() !== "" && Number.isFinite(number)) { set(number) }
    typed.value = written(model.value)
  }
  typed.addEventListener("focus", () => typed.select())
  typed.addEventListener("change", accept)
  typed.addEventListener("blur", accept)
  typed.addEventListener("keydown", (event) => { if (event.key === "Escape") { typed.value = written(model.value); typed.blur() } })
  back.addEventListener("click", () => { set(0); range.focus() })
  help.addEventListener("click", () => {
    text.hidden = !text.hidden
    help.setAttribute("aria-expanded", String(!text.hidden))
  })
  model.on("value", show)
  show()

  return element("div", {class: "control"},
    element("div", {class: "head"}, element("label", {for: "range"}, label), help, element("span", {class: "gap"}), back, typed),
    range,
    element("div", {class: "ends", "aria-hidden": "true"}, element("span", {}, written(start).replace(".0", "")),
      element("span", {}, written(end).replace(".0", ""))),
    text)
}
