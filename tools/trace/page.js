"use strict";
(() => {
	const said = JSON.parse(document.getElementById("segments").textContent);
	const tip = document.getElementById("tip");
	const drawn = new Map();	/* of each segment, its elements in all pictures */
	let now = null;			/* the segment that is looked at */

	/* pairs of a name and a value, of a segment */
	const pairs = (i) => (said.values[i] || []).map((value, k) => [said.names[k], value]).filter(([, value]) => value !== "");

	for (const element of document.querySelectorAll("[data-i]")) {
		const i = element.dataset.i;

		if (!drawn.has(i))
			drawn.set(i, []);
		drawn.get(i).push(element);
		element.setAttribute("role", "img");
		element.setAttribute("tabindex", "-1");
		element.setAttribute("aria-label", "segment " + pairs(i).map((pair) => pair.join(" ")).join(", "));
	}
	for (const svg of document.querySelectorAll("svg.picture"))
		svg.querySelector("[data-i]")?.setAttribute("tabindex", "0");

	function fill(i) {
		const list = document.createElement("dl");

		for (const [name, value] of pairs(i)) {
			const dt = document.createElement("dt"), dd = document.createElement("dd");

			dt.textContent = name;
			dd.textContent = value;
			list.append(dt, dd);
		}
		tip.replaceChildren(list);
		tip.hidden = false;
	}

	function place(x, y) {
		const box = tip.getBoundingClientRect();
		const left = x + 18 + box.width > innerWidth ? x - 18 - box.width : x + 18;

		tip.style.left = Math.max(4, left) + "px";
		tip.style.top = Math.max(4, Math.min(y + 14, innerHeight - box.height - 4)) + "px";
	}

	function light(i) {
		if (i === now)
			return;
		for (const element of drawn.get(now) || [])
			element.classList.remove("on");
		now = i;
		for (const element of drawn.get(i) || [])
			element.classList.add("on");
		if (i === null)
			tip.hidden = true;
		else
			fill(i);
	}

	/* What part of a picture is seen. */
	class View {
		constructor(box) {
			this.box = box;
			this.svg = box.querySelector("svg");
			const all = this.svg.viewBox.baseVal;

			this.width = all.width;
			this.height = all.height;
			this.svg.setAttribute("preserveAspectRatio", "xMidYMin meet");
			this.all();
		}

		all() {
			const { clientWidth: w, clientHeight: h } = this.box;
			const long = this.box.closest(".sequence") !== null || this.height > 1000;

			/* of what is long the width is seen, of a plot of one direction all */
			this.seen = { x: 0, y: 0, w: this.width, h: long && w ? this.width * h / w : this.height };
			this.show();
		}

		show() {
			const s = this.seen;

			this.svg.setAttribute("viewBox", [s.x, s.y, s.w, s.h].map((n) => n.toFixed(2)).join(" "));
		}

		zoom(factor, x, y) {
			const s = this.seen;
			const f = Math.max(this.width / 400, Math.min(s.w * factor, 20 * this.width)) / s.w;

			if (x === undefined) {
				x = s.x + s.w / 2;
				y = s.y + s.h / 2;
			}
			this.seen = { x: x - (x - s.x) * f, y: y - (y - s.y) * f, w: s.w * f, h: s.h * f };
			this.show();
		}

		move(dx, dy) {
			this.seen.x += dx;
			this.seen.y += dy;
			this.show();
		}

		at(event) {
			const m = this.svg.getScreenCTM();

			return { x: (event.clientX - m.e) / m.a, y: (event.clientY - m.f) / m.d };
		}

		/* so that an element is seen */
		reach(element) {
			const b = element.getBBox(), s = this.seen;

			if (b.y < s.y || b.y + b.height > s.y + s.h)
				s.y = b.y + b.height / 2 - s.h / 2;
			if (b.x > s.x + s.w || b.x + b.width < s.x)
				s.x = b.x + b.width / 2 - s.w / 2;
			this.show();
		}
	}

	function look(view, element) {
		for (const other of view.svg.querySelectorAll('[tabindex="0"]'))
			other.setAttribute("tabindex", "-1");
		element.setAttribute("tabindex", "0");
		view.reach(element);
		element.focus({ preventScroll: true });
	}

	const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, PageDown: 10, PageUp: -10 };
	const moves = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] };

	function key(view, event) {
		const all = [...view.svg.querySelectorAll("[data-i]")];
		const at = all.indexOf(document.activeElement);

		if (event.ctrlKey || event.metaKey || event.altKey)
			return;
		if (event.key === "+" || event.key === "=")
			view.zoom(1 / 1.25);
		else if (event.key === "-")
			view.zoom(1.25);
		else if (event.key === "0")
			view.all();
		else if (event.key === "Escape")
			light(null);
		else if (event.shiftKey && moves[event.key])
			view.move(moves[event.key][0] * view.seen.w / 8, moves[event.key][1] * view.seen.h / 8);
		else if (!all.length)
			return;
		else if (steps[event.key])
			look(view, all[at < 0 ? 0 : Math.max(0, Math.min(at + steps[event.key], all.length - 1))]);
		else if (event.key === "Home")
			look(view, all[0]);
		else if (event.key === "End")
			look(view, all[all.length - 1]);
		else
			return;
		event.preventDefault();
	}

	function watch(box) {
		const view = new View(box);
		let from = null;

		box.addEventListener("wheel", (event) => {
			const { x, y } = view.at(event);

			event.preventDefault();
			view.zoom(Math.pow(1.0015, Math.max(-400, Math.min(event.deltaY, 400))), x, y);
		}, { passive: false });
		box.addEventListener("pointerdown", (event) => {
			if (event.button)
				return;
			from = view.at(event);
			box.classList.add("moves");
		});
		box.addEventListener("pointermove", (event) => {
			const segment = event.target.closest?.("[data-i]");

			if (from && event.buttons & 1) {
				const { x, y } = view.at(event);

				view.move(from.x - x, from.y - y);
				return;
			}
			light(segment ? segment.dataset.i : null);
			if (segment)
				place(event.clientX, event.clientY);
		});
		for (const name of ["pointerup", "pointercancel", "pointerleave"])
			box.addEventListener(name, () => {
				from = null;
				box.classList.remove("moves");
				if (name === "pointerleave")
					light(null);
			});
		box.addEventListener("keydown", (event) => key(view, event));
		box.addEventListener("focusin", (event) => {
			const segment = event.target.closest("[data-i]");

			if (!segment)
				return;
			light(segment.dataset.i);
			const at = segment.getBoundingClientRect();

			place(at.left + at.width / 2, at.bottom);
		});
		box.addEventListener("focusout", () => light(null));
		for (const button of box.parentElement.querySelectorAll("[data-do]"))
			button.addEventListener("click", () => {
				if (button.dataset.do === "all")
					view.all();
				else
					view.zoom(button.dataset.do === "in" ? 1 / 1.25 : 1.25);
			});
	}

	for (const box of document.querySelectorAll(".view"))
		watch(box);

	document.getElementById("theme").addEventListener("click", () => {
		const root = document.documentElement;
		const dark = root.dataset.theme ? root.dataset.theme === "dark" :
			matchMedia("(prefers-color-scheme: dark)").matches;

		root.dataset.theme = dark ? "light" : "dark";
	});
})();
