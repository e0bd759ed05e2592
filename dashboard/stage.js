// The divider between two maps, and what the wheel of the mouse does over them.

const HINT = 3000  // how long the hint is shown [ms]
const STEPS = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -100, End: 100}

export function render({model, view}) {
  const over = document.createElement("div")
  over.className = "over"
  const cut = document.createElement("div")
  cut.className = "cut"
  cut.tabIndex = 0
  cut.setAttribute("role", "slider")
  cut.setAttribute("aria-label", model.label)
  cut.setAttribute("aria-orientation", "horizontal")
  cut.setAttribute("aria-valuemin", "0")
  cut.setAttribute("aria-valuemax", "100")
  const hint = document.createElement("div")
  hint.className = "hint"
  hint.textContent = model.hint
  hint.setAttribute("aria-hidden", "true")
  over.append(cut, hint)

  // the stage is what holds this; its style sheet cuts the upper map off where the divider stands
  const stage = () => view.el.getRootNode().host
  let share = model.share
  const place = (percent) => {
    share = Math.min(Math.max(percent, 0), 100)
    stage()?.style.setProperty("--cut", `${share}%`)
    cut.setAttribute("aria-valuenow", String(Math.round(share)))
    cut.setAttribute("aria-valuetext", `${Math.round(share)} %`)
  }
  const tell = () => { model.share = Math.round(share) }
  cut.addEventListener("pointerdown", (event) => {
    cut.setPointerCapture(event.pointerId)
    cut.focus()
    event.preventDefault()
  })
  cut.addEventListener("pointermove", (event) => {
    if (!cut.hasPointerCapture(event.pointerId)) { return }
    const box = over.getBoundingClientRect()
    place(100 * (event.clientX - box.left) / box.width)
  })
  cut.addEventListener("lostpointercapture", tell)
  cut.addEventListener("keydown", (event) => {
    const step = STEPS[event.key]
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) { return }
    place(share + (event.shiftKey ? 10 : 1) * step)
    tell()
    event.preventDefault()
    event.stopPropagation()
  })

  // the wheel scrolls the page, as everywhere; it zooms where a key is held, or once the map was clicked, until the pointer leaves
  let wanted = false, hiding = 0
  const wheel = (event) => {
    if (wanted || event.ctrlKey || event.metaKey) {
      hint.classList.remove("shown")
      return
    }
    event.stopPropagation()
    hint.classList.add("shown")
    clearTimeout(hiding)
    hiding = setTimeout(() => hint.classList.remove("shown"), HINT)
  }
  const want = (event) => { wanted ||= event.composedPath().some((part) => part.classList?.contains("bk-Figure")) }
  const leave = () => { wanted = false }

  const show = () => { cut.hidden = !model.swipes }
  model.on("swipes", show)
  show()
  let held = null
  const attach = () => {
    held = stage()
    if (!held) { return }
    place(share)
    held.addEventListener("wheel", wheel, {capture: true, passive: true})
    held.addEventListener("pointerdown", want, {capture: true})
    held.addEventListener("pointerleave", leave)
  }
  model.on("after_layout", () => { if (held !== stage()) { attach() } })
  model.on("remove", () => {
    held?.removeEventListener("wheel", wheel, {capture: true})
    held?.removeEventListener("pointerdown", want, {capture: true})
    held?.removeEventListener("pointerleave", leave)
  })
  queueMicrotask(attach)
  return over
}
